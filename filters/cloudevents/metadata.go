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

// compile makes a pair of the excerpt's content. answers says that the filter block can answer handshakes.
func compile(content []byte, answers bool) (*pair, error) {
	parts, err := excerpt.Read(content)
	if err != nil {
		return nil, err
	}
	clusterKeys := []string{deliverKey, batchKey}
	cluster, err := read(parts[ofCluster], clusterKeys)
	if err != nil {
		return nil, fmt.Errorf("cluster metadata: %w", err)
	}
	route, err := read(parts[ofRoute], slices.Concat(clusterKeys, []string{webhookKey}, wrapKeys))
	if err != nil {
		return nil, fmt.Errorf("route metadata: %w", err)
	}
	made := &pair{webhook: route.webhook}
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
	if made.wrap, err = wrapOf(parts[ofParameters], route); err != nil {
		return nil, fmt.Errorf("route metadata: %w", err)
	}
	return made, nil
}

// setDelivery sets what the texts of one place say of delivery. What is set later counts.
func (p *pair) setDelivery(texts map[string]string) error {
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
func wrapOf(given []host.Entry, route said) (*wrap, error) {
	isOfWrapping := func(key string) bool { return route.texts[key] != "" }
	if !slices.ContainsFunc(wrapKeys, isOfWrapping) && route.extensions == nil {
		return nil, nil
	}
	templates := map[string]string{}
	for _, entry := range given {
		if err := readText(parametersNamespace, entry, templates); err != nil {
			return nil, err
		}
	}
	set, err := parameters.Compile(templates)
	if err != nil {
		return nil, err
	}
	return compileWrap(route, set)
}

// read reads our namespace.
func read(part []host.Entry, known []string) (said, error) {
	found := said{texts: map[string]string{}}
	for _, entry := range part {
		if !slices.Contains(known, entry.Key) {
			return said{}, fmt.Errorf("%s: %q is unknown; there are %s", namespace, entry.Key, strings.Join(known, ", "))
		}
		var err error
		switch entry.Key {
		case webhookKey:
			found.webhook, err = readConsent(entry.Value)
		case wrapExtensionsKey:
			found.extensions, err = readList(entry.Value)
		default:
			err = readText(namespace, entry, found.texts)
		}
		if err != nil {
			return said{}, err
		}
	}
	return found, nil
}

func readText(namespace string, entry host.Entry, to map[string]string) error {
	if entry.Value.Kind != host.Text {
		return fmt.Errorf("%s: %q must be a text and not empty", namespace, entry.Key)
	}
	to[entry.Key] = entry.Value.Text
	return nil
}

func readConsent(value host.Value) (consent, error) {
	switch {
	case value.Kind != host.Bool:
		return unsaid, fmt.Errorf("%s: %q must be true or false", namespace, webhookKey)
	case value.Bool:
		return granted, nil
	}
	return denied, nil
}

func readList(value host.Value) ([]string, error) {
	if value.Kind != host.List || len(value.List) == 0 {
		return nil, errors.New(namespace + `: "` + wrapExtensionsKey + `" must be a list of texts like tenant={tenant}, and not empty`)
	}
	return value.List, nil
}
