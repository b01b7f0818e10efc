package functions

import (
	"fmt"
	"maps"
	"strings"

	"github.com/funcroute/funcroute/cache"
	"github.com/funcroute/funcroute/filters/configuration"
	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins"
)

// function is one compiled function, with the metadata it was compiled from.
type function struct {
	name, target, answerTemplate string
	// origin says who maps name to target.
	origin origin
	// label is the target as operators see it, its first line.
	label string
	// broken is why the function cannot be called, or nil.
	broken    *plugins.Error
	function  plugins.Function
	needsBody bool
	encodes   plugins.RequestStreamer // nil if it never changes requests' bodies while they arrive
	awaiter   plugins.Awaiter         // nil if it never waits
	answerer  plugins.Answerer        // nil if answers go to the client as they are
	streamer  plugins.Streamer        // nil if it never decodes answers while they arrive
	routine   *host.Routine           // nil if there is no rule for answers
	collects  bool                    // the whole of nearly every answer is needed
}

// origin says where the target of a function stands.
type origin int

const (
	nowhere origin = iota
	inMetadata
	inUpstream
)

// offered returns the target that the upstream itself has for a name.
func (p *pair) offered(name string) (string, origin, error) {
	if p.offerer == nil {
		return "", nowhere, nil
	}
	target, offered, err := p.offerer.Offers(name)
	if !offered {
		return "", nowhere, err
	}
	return target, inUpstream, err
}

// unsettled returns what has to be waited for before the function of that name can be taken up, nil if that is nothing.
func (p *pair) unsettled(s host.Stream, excerpts *allExcerpts, name string) plugins.Awaiter {
	if p.offerer == nil {
		return nil
	}
	missing := p.offerer.Preparing(name)
	if missing == nil {
		return nil
	}
	if _, mapped := host.FirstText(s.AppendExcerpt(nil, excerpts.byName, name)); mapped {
		return nil
	}
	return missing
}

// function returns the function of that name. fromRequest says that the name was the client's to choose. The scratch bytes
// are used for the key and returned grown.
func (p *pairs) function(s host.Stream, d *destination, name string, fromRequest bool, scratch []byte) (*function, []byte, error) {
	if named := d.named.Load(); named != nil {
		return named, scratch, nil
	}
	content := s.AppendExcerpt(scratch[:0], p.excerpts.byName, name)
	// The metadata is looked at first, so that a function written there wins.
	offered, origin := "", inMetadata
	if _, mapped := host.FirstText(content); !mapped {
		var err error
		if offered, origin, err = d.offered(name); err != nil {
			return nil, content, err
		}
	}
	if origin == nowhere && fromRequest {
		// Never cached, as a client could fill the cache with such names.
		return nil, content, plugins.Errorf(plugins.UnknownFunction, "There is no such function.")
	}
	// Clusters that differ in nothing but their targets have one pair, so the target is part of the key.
	k := configuration.Key(content).ID(d.id).Text(name).ID(uint64(origin)).Text(offered)
	if found, ok := cache.GetBytes(p.functions, k); ok {
		d.keep(found)
		return found, k, nil
	}
	p.compiling.Lock()
	defer p.compiling.Unlock()
	if found, ok := cache.GetBytes(p.functions, k); ok {
		return found, k, nil
	}
	compiled := &function{name: strings.Clone(name), target: strings.Clone(offered), origin: origin}
	compiled.read(p.excerpts.byName, content)
	p.compileFunction(s, d.pair, compiled)
	p.functions.Put(string(k), compiled)
	d.keep(compiled)
	return compiled, k, nil
}

// read takes what the metadata has of the function.
func (f *function) read(byName *host.Excerpt, content []byte) {
	parts, err := byName.Read(content)
	if err != nil {
		return // No host gives such.
	}
	if f.origin == inMetadata {
		f.target = parts[0][0].Value.Text
	}
	f.answerTemplate = parts[1][0].Value.Text
	f.label, _, _ = strings.Cut(f.target, "\n")
}

func (p *pairs) compileFunction(s host.Stream, pair *pair, compiled *function) {
	if compiled.origin == nowhere {
		cause := fmt.Errorf("function %q: the cluster's %s has no such name with a text as its target", compiled.name, functionsNamespace)
		if pair.offerer != nil {
			cause = fmt.Errorf("%w, nor does the upstream offer one", cause)
		}
		compiled.broken = p.unknownFunction(s, cause)
		return
	}
	made, err := pair.upstream.made.NewFunction(plugins.FunctionSpec{
		Name:           compiled.name,
		Target:         compiled.target,
		Offered:        compiled.origin == inUpstream,
		AnswerTemplate: compiled.answerTemplate,
		Settings:       maps.Clone(pair.settings),
		Parameters:     pair.parameters,
	})
	if err != nil {
		compiled.broken = p.configError(s, fmt.Errorf("function %q: %w", compiled.name, err))
		return
	}
	if err := compiled.follow(made, p.routines); err != nil {
		compiled.broken = p.configError(s, fmt.Errorf("function %q: %w", compiled.name, err))
	}
}

// follow notes what the function needs. A plan that says what the function cannot do is a mistake of its type's.
func (f *function) follow(made plugins.Function, routines *routines) error {
	var plan plugins.Plan
	if planner, ok := made.(plugins.Planner); ok {
		plan = planner.Plan()
	}
	f.function = made
	f.awaiter, _ = made.(plugins.Awaiter)
	f.needsBody = plan.Request == plugins.Whole
	if plan.Request == plugins.Pieces {
		var ok bool
		if f.encodes, ok = made.(plugins.RequestStreamer); !ok {
			return fmt.Errorf("its type plans for requests in pieces, but a %T is no plugins.RequestStreamer", made)
		}
	}
	if plan.Answer == plugins.Untouched {
		return nil
	}
	var ok bool
	if f.answerer, ok = made.(plugins.Answerer); !ok {
		return fmt.Errorf("its type plans for answers, but a %T is no plugins.Answerer", made)
	}
	if plan.Answer == plugins.Pieces {
		if f.streamer, ok = made.(plugins.Streamer); !ok {
			return fmt.Errorf("its type plans for answers in pieces, but a %T is no plugins.Streamer", made)
		}
	}
	f.collects, f.routine = plan.Answer == plugins.Whole, routines.of(plan.Routine)
	return nil
}

// unknownFunction is configError for a name that the configuration says and the cluster does not offer.
func (p *pairs) unknownFunction(s host.Stream, cause error) *plugins.Error {
	p.log.Log(host.Warn, fmt.Sprintf("funcroute: %s: %s: %v", plugins.UnknownFunction, configuration.Whereabouts(s), cause))
	broken := plugins.Errorf(plugins.UnknownFunction, "The configuration of this function is wrong; the proxy's log says how.")
	broken.Status = plugins.ConfigError.Status()
	return broken
}
