package cloudevents

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/funcroute/funcroute/events"
	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/parameters"
)

const parametersNamespace = "funcroute.parameters"

// Keys of the metadata namespace.
const (
	deliverKey = "deliver"
	batchKey   = "batch"
	webhookKey = "webhook"

	wrapTypeKey            = "wrap_type"
	wrapSourceKey          = "wrap_source"
	wrapSubjectKey         = "wrap_subject"
	wrapIDKey              = "wrap_id"
	wrapTimeKey            = "wrap_time"
	wrapDataContentTypeKey = "wrap_datacontenttype"
	wrapDataSchemaKey      = "wrap_dataschema"
	wrapExtensionsKey      = "wrap_extensions"
)

// Values of `batch`.
const (
	leave    = "leave"
	splitOne = "split-one"
)

// wrapKeys are those of wrapping, in the order in which an event has its attributes.
var wrapKeys = []string{
	wrapIDKey, wrapSourceKey, wrapTypeKey, wrapSubjectKey, wrapTimeKey, wrapDataSchemaKey, wrapDataContentTypeKey, wrapExtensionsKey,
}

// said is what one place says of events.
type said struct {
	texts      map[string]string
	webhook    consent
	extensions []string
}

// compile makes a plan of the stream's metadata. answers says that the filter block can answer handshakes.
func compile(s host.Stream, answers bool) (*plan, error) {
	clusterKeys := []string{deliverKey, batchKey}
	cluster, err := read(s, host.Cluster, clusterKeys)
	if err != nil {
		return nil, fmt.Errorf("cluster metadata: %w", err)
	}
	route, err := read(s, host.Route, slices.Concat(clusterKeys, []string{webhookKey}, wrapKeys))
	if err != nil {
		return nil, fmt.Errorf("route metadata: %w", err)
	}
	made := &plan{webhook: route.webhook}
	if err := made.setDelivery(cluster.texts); err != nil {
		return nil, fmt.Errorf("cluster metadata: %w", err)
	}
	if err := made.setDelivery(route.texts); err != nil {
		return nil, fmt.Errorf("route metadata: %w", err)
	}
	switch {
	case made.split && made.deliver == events.NoEvent:
		return nil, fmt.Errorf("%s: %q needs a %q that says in which mode the single event goes", namespace, batchKey, deliverKey)
	case made.webhook == granted && !answers:
		return nil, fmt.Errorf(`route metadata: %s: %q is true, but the filter block has no "webhook" that says whom to consent to`, namespace, webhookKey)
	}
	if made.wrap, err = wrapOf(s, route); err != nil {
		return nil, fmt.Errorf("route metadata: %w", err)
	}
	return made, nil
}

// setDelivery sets what the texts of one place say of delivery. What is set later counts.
func (p *plan) setDelivery(texts map[string]string) error {
	switch text, given := texts[deliverKey]; {
	case text == "binary":
		p.deliver = events.Binary
	case text == "structured":
		p.deliver = events.Structured
	case given:
		return fmt.Errorf("%s: %q must be binary or structured, not %q", namespace, deliverKey, text)
	}
	switch text, given := texts[batchKey]; {
	case text == leave:
		p.split = false
	case text == splitOne:
		p.split = true
	case given:
		return fmt.Errorf("%s: %q must be %s or %s, not %q", namespace, batchKey, leave, splitOne, text)
	}
	return nil
}

// wrapOf compiles what the route says of wrapping, nil if it says nothing.
func wrapOf(s host.Stream, route said) (*wrap, error) {
	isOfWrapping := func(key string) bool { return route.texts[key] != "" }
	if !slices.ContainsFunc(wrapKeys, isOfWrapping) && route.extensions == nil {
		return nil, nil
	}
	templates := map[string]string{}
	for _, key := range s.MetadataKeys(host.Route, parametersNamespace) {
		if err := readText(s, host.Route, parametersNamespace, key, templates); err != nil {
			return nil, err
		}
	}
	set, err := parameters.Compile(templates)
	if err != nil {
		return nil, err
	}
	return compileWrap(route, set)
}

// read copies our namespace out of Envoy's memory.
func read(s host.Stream, source host.Source, known []string) (said, error) {
	found := said{texts: map[string]string{}}
	for _, key := range s.MetadataKeys(source, namespace) {
		if !slices.Contains(known, key) {
			return said{}, fmt.Errorf("%s: %q is unknown; there are %s", namespace, key, strings.Join(known, ", "))
		}
		var err error
		switch key {
		case webhookKey:
			found.webhook, err = readConsent(s, source)
		case wrapExtensionsKey:
			found.extensions, err = readList(s, source)
		default:
			err = readText(s, source, namespace, key, found.texts)
		}
		if err != nil {
			return said{}, err
		}
	}
	return found, nil
}

func readText(s host.Stream, source host.Source, namespace, key string, to map[string]string) error {
	text, ok := s.MetadataText(source, namespace, key)
	if !ok {
		return fmt.Errorf("%s: %q must be a text and not empty", namespace, key)
	}
	to[strings.Clone(key)] = strings.Clone(text)
	return nil
}

func readConsent(s host.Stream, source host.Source) (consent, error) {
	value, ok := s.MetadataBool(source, namespace, webhookKey)
	switch {
	case !ok:
		return unsaid, fmt.Errorf("%s: %q must be true or false", namespace, webhookKey)
	case value:
		return granted, nil
	}
	return denied, nil
}

func readList(s host.Stream, source host.Source) ([]string, error) {
	list, ok := s.MetadataList(source, namespace, wrapExtensionsKey)
	if !ok || len(list) == 0 {
		return nil, errors.New(namespace + `: "` + wrapExtensionsKey + `" must be a list of texts like tenant={tenant}, and not empty`)
	}
	copied := make([]string, len(list))
	for i := range list {
		copied[i] = strings.Clone(list[i])
	}
	return copied, nil
}
