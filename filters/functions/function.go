package functions

import (
	"fmt"
	"maps"
	"strings"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins"
)

// function is one compiled function, with the metadata it was compiled from.
type function struct {
	name, target, response string
	// broken is why the function cannot be called, or nil.
	broken    *plugins.Error
	function  plugins.Function
	needsBody bool
	awaiter   plugins.Awaiter   // nil if it never waits
	responder plugins.Responder // nil if answers go to the client as they are
	streamer  plugins.Streamer  // nil if it never decodes answers while they arrive
	routine   *host.Routine     // nil if there is no rule for answers
}

// function returns the function of that name for a plan. fromRequest says that the name was the client's to choose. The
// scratch bytes are used for the key and returned grown.
func (p *plans) function(s host.Stream, plan *plan, name string, fromRequest bool, scratch []byte) (*function, []byte, error) {
	target, offered := s.MetadataText(host.Cluster, functionsNamespace, name)
	if !offered && fromRequest {
		// Never cached, as a client could fill the cache with such names.
		return nil, scratch, plugins.Errorf(plugins.UnknownFunction, "There is no such function.")
	}
	response, _ := s.MetadataText(host.Cluster, responsesNamespace, name)

	k := key(scratch[:0]).id(plan.id).text(name)
	if found, ok := p.functions.get(k); ok && found.target == target && found.response == response {
		return found, k, nil
	}
	p.compiling.Lock()
	defer p.compiling.Unlock()
	if found, ok := p.functions.get(k); ok && found.target == target && found.response == response {
		return found, k, nil
	}
	compiled := &function{name: strings.Clone(name), target: strings.Clone(target), response: strings.Clone(response)}
	p.compileFunction(s, plan, compiled, offered)
	p.functions.put(k, compiled)
	return compiled, k, nil
}

func (p *plans) compileFunction(s host.Stream, plan *plan, compiled *function, offered bool) {
	if !offered {
		cause := fmt.Errorf("function %q: the cluster's %s has no such name with a text as its target", compiled.name, functionsNamespace)
		compiled.broken = p.configError(s, cause)
		compiled.broken.Reason, compiled.broken.Status = plugins.UnknownFunction, plugins.ConfigError.Status()
		return
	}
	made, err := plan.upstream.NewFunction(plugins.FunctionSpec{
		Name:       compiled.name,
		Target:     compiled.target,
		Response:   compiled.response,
		Settings:   maps.Clone(plan.settings),
		Parameters: plan.parameters,
	})
	if err != nil {
		compiled.broken = p.configError(s, fmt.Errorf("function %q: %w", compiled.name, err))
		return
	}
	compiled.function = made
	if reader, ok := made.(plugins.BodyReader); ok {
		compiled.needsBody = reader.NeedsBody()
	}
	compiled.awaiter, _ = made.(plugins.Awaiter)
	compiled.responder, _ = made.(plugins.Responder)
	compiled.streamer, _ = made.(plugins.Streamer)
	if routined, ok := made.(plugins.Routined); ok {
		compiled.routine = p.routines.of(routined.Routine())
	}
}
