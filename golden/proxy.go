package golden

import (
	"slices"
	"strings"

	"github.com/funcroute/funcroute/filters/cloudevents"
	"github.com/funcroute/funcroute/filters/functions"
	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/filters/host/memory"
	"github.com/funcroute/funcroute/plugins"
)

// Proxy is one of our filters, loaded with its configuration, and a host in memory around it. The filter is the one that runs in Envoy,
// so that a request becomes the same call here. Several requests may be sent at once, but Counters and Log of their outcomes are then of
// all of them.
type Proxy struct {
	block *memory.Block
	// namespace is where the filter leaves its dynamic metadata.
	namespace string
}

// The namespaces of the filters' dynamic metadata.
const (
	functionsNamespace   = "funcroute"
	cloudEventsNamespace = "funcroute.cloudevents"
)

// Functions returns a proxy with the filter `functions`. The configuration is that of its block as JSON, "" for none. The function types
// are those that the program has registered. The error is why Envoy would refuse the block.
func Functions(config string) (*Proxy, error) {
	return newProxy(functions.New(), config, functionsNamespace)
}

// CloudEvents returns a proxy with the filter `cloudevents`, likewise.
func CloudEvents(config string) (*Proxy, error) {
	return newProxy(cloudevents.New(), config, cloudEventsNamespace)
}

func newProxy(filter host.Filter, config, namespace string) (*Proxy, error) {
	block, err := memory.New(filter, config)
	if err != nil {
		return nil, err
	}
	return &Proxy{block: block, namespace: namespace}, nil
}

// Exchange is a client's request, where it is routed to, and what is answered there.
type Exchange struct {
	// Cluster and Route are the metadata of the chosen cluster and route.
	Cluster, Route Metadata
	// RouteConfig is the filter's entry in the route's `typed_per_filter_config` as JSON, "" if there is none.
	RouteConfig string
	// Client is the client's address with its port, Protocol that of its request: [DefaultClient] and HTTP/1.1 if they are "".
	Client, Protocol string
	// DynamicMetadata is what filters before ours have left.
	DynamicMetadata Metadata
	// Request is what the client sends, Answer what the upstream answers if the request gets there: 200 and nothing else if it has no headers.
	Request, Answer Traffic
}

// DefaultClient is a client's address where none is given.
const DefaultClient = "203.0.113.7:4711"

// Outcome is what has come of an exchange.
type Outcome struct {
	// Call is what has left for the upstream, nil if nothing has.
	Call *Traffic
	// Reply is what the client gets.
	Reply Traffic
	// Reason is why the client gets an error of ours, "" if it does not. Log says more.
	Reason plugins.Reason
	// Type, Function and Target say what was called, as far as it was found: the function's type, its name, and its target's first line.
	Type, Function, Target string
	// Annotations are the texts that the filter has left in its own namespace of the request's dynamic metadata.
	Annotations map[string]string
	// DynamicMetadata is what the next filter finds: the Exchange's and what this filter has left.
	DynamicMetadata Metadata
	// Counters are those of the proxy that are not 0, Log all lines that it has written so far, of all levels.
	Counters map[string]uint64
	Log      []string
}

// Send sends a request through the filter and back. The error is why nothing came of it: the route's configuration is refused, or the
// filter waits for what never comes.
func (p *Proxy) Send(x Exchange) (*Outcome, error) {
	if x.Answer.Headers == nil {
		x.Answer = (*Message)(nil).Answer()
	}
	got := p.block.Run(memory.Exchange{
		Cluster: memory.MetadataOf(x.Cluster), Route: memory.MetadataOf(x.Route), RouteConfig: x.RouteConfig,
		Attributes: x.attributes(), Marked: x.marked(),
		Request: x.Request.message(), Answer: x.Answer.message(),
	})
	if got.Refused != nil {
		return nil, got.Refused
	}
	called := got.DynamicMetadata[functionsNamespace]
	outcome := &Outcome{
		Reply: trafficOf(&got.Received), Reason: reasonOf(got.Details),
		Type: called["type"], Function: called["function"], Target: called["target"],
		Annotations: got.DynamicMetadata[p.namespace], DynamicMetadata: x.left(got.DynamicMetadata),
		Counters: got.Counters, Log: got.Logs,
	}
	if got.Sent != nil {
		call := trafficOf(got.Sent)
		outcome.Call = &call
	}
	if x.Request.Headers.Get(":method") == "HEAD" { // Envoy leaves out the body of a reply, too.
		outcome.Reply.Body = nil
	}
	return outcome, nil
}

// attributes are what the exchange says of the client.
func (x *Exchange) attributes() map[string]string {
	attributes := map[string]string{host.SourceAddress: DefaultClient}
	if x.Client != "" {
		attributes[host.SourceAddress] = x.Client
	}
	if x.Protocol != "" {
		attributes[host.RequestProtocol] = x.Protocol
	}
	return attributes
}

// marked is the dynamic metadata of others as filters see it: a value that is no text is there, and has none.
func (x *Exchange) marked() map[string]map[string]string {
	marked := map[string]map[string]string{}
	for namespace, values := range x.DynamicMetadata {
		marked[namespace] = map[string]string{}
		for key, value := range values {
			marked[namespace][key], _ = value.(string)
		}
	}
	return marked
}

// left is the dynamic metadata in the end. What is no text has not been changed by our filters.
func (x *Exchange) left(texts map[string]map[string]string) Metadata {
	left := Metadata{}
	for namespace, entries := range texts {
		left[namespace] = map[string]any{}
		for key, text := range entries {
			left[namespace][key] = text
			if given, there := x.DynamicMetadata[namespace][key]; there && text == "" {
				left[namespace][key] = given
			}
		}
	}
	return left
}

// reasonOf takes the reason out of a reply's response code details, "" if the reply is no error of ours.
func reasonOf(details string) plugins.Reason {
	reason, ours := strings.CutPrefix(details, "funcroute_")
	if !ours || !slices.Contains(plugins.Reasons(), plugins.Reason(reason)) {
		return ""
	}
	return plugins.Reason(reason)
}
