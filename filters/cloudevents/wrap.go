package cloudevents

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/funcroute/funcroute/events"
	"github.com/funcroute/funcroute/formats"
	"github.com/funcroute/funcroute/httptext"
	"github.com/funcroute/funcroute/parameters"
)

// wrap makes an event of a request that is none, as the route says.
type wrap struct {
	parameters *parameters.Set
	// texts are templates, one for each attribute's value.
	texts []wrapText
	// ids says that each event gets an id of its own, times that each gets the time at which it has come.
	ids, times bool
}

type wrapText struct {
	key, name string
	text      *parameters.Text
}

func compileWrap(route said, set *parameters.Set) (*wrap, error) {
	for _, key := range []string{wrapSourceKey, wrapTypeKey} {
		if route.texts[key] == "" {
			return nil, fmt.Errorf("%s: %q is missing; %s and %s make a request an event together", namespace, key, wrapTypeKey, wrapSourceKey)
		}
	}
	w := &wrap{parameters: set, ids: route.texts[wrapIDKey] == "", times: route.texts[wrapTimeKey] == ""}
	for _, key := range wrapKeys {
		if template := route.texts[key]; template != "" {
			if err := w.add(key, strings.TrimPrefix(key, "wrap_"), template); err != nil {
				return nil, fmt.Errorf("%s: %q: %w", namespace, key, err)
			}
		}
	}
	for _, extension := range route.extensions {
		name, template, _ := strings.Cut(extension, "=")
		err := checkExtension(name, template, w.texts)
		if err == nil {
			err = w.add(wrapExtensionsKey+" "+name, name, template)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %q: %q: %w", namespace, wrapExtensionsKey, extension, err)
		}
	}
	return w, nil
}

func checkExtension(name, template string, others []wrapText) error {
	switch {
	case template == "":
		return errors.New("must be a name and a value, like tenant={tenant}")
	case !events.CheckName(name):
		return fmt.Errorf("%q cannot be the name of an attribute, which consists of small letters and digits", name)
	case !events.IsExtension(name):
		return fmt.Errorf("%q is no extension", name)
	}
	for i := range others {
		if others[i].name == name {
			return fmt.Errorf("%q is there twice", name)
		}
	}
	return nil
}

// add adds an attribute, and checks of its value what can be known without a request.
func (w *wrap) add(key, name, template string) error {
	text, err := parameters.CompileTextWithGaps(template, w.parameters)
	if err != nil {
		return err
	}
	if constant, is := text.Constant(); is {
		value, err := valueOf(name, constant)
		if err == nil {
			err = new(events.Event).Add(events.Attribute{Name: name, Value: value})
		}
		if err != nil {
			return err
		}
	}
	w.texts = append(w.texts, wrapText{key, name, text})
	return nil
}

// event sets the attributes of an event by what a request says.
func (w *wrap) event(e *events.Event, source parameters.Source, contentType string, now time.Time) error {
	values, err := w.parameters.Extract(source)
	if err != nil {
		return err
	}
	if err := e.Add(events.Attribute{Name: events.SpecVersion, Value: events.Version}); err != nil {
		return err
	}
	if w.ids {
		if err := e.Add(events.Attribute{Name: events.ID, Value: uuid.NewString()}); err != nil {
			return err
		}
	}
	for i := range w.texts {
		value, err := w.texts[i].text.Expand(values)
		if err == nil {
			value, err = valueOf(w.texts[i].name, value)
		}
		if err == nil && value != "" {
			err = e.Add(events.Attribute{Name: w.texts[i].name, Value: value})
		}
		if err != nil {
			return fmt.Errorf("%s: %w", w.texts[i].key, err)
		}
	}
	if w.times || e.Get(events.Time) == "" {
		if err := e.Add(events.Attribute{Name: events.Time, Value: timestamp(now)}); err != nil {
			return err
		}
	}
	if e.Get(events.DataContentType) == "" {
		if err := e.SetContentType(contentType); err != nil {
			return err
		}
	}
	return e.Complete()
}

// valueOf turns what a template has given into an attribute's value.
func valueOf(name, text string) (string, error) {
	switch name {
	case events.Source, events.DataSchema:
		return escapeURI(text), nil
	case events.Time:
		return timeOf(text), nil
	case events.DataContentType:
		if events.ModeOf(text, "") != events.NoEvent {
			return "", errors.New("data of that type would be taken for the event itself")
		}
	}
	return text, nil
}

// timeOf turns seconds since 1970, in which many webhooks tell the time, into a timestamp.
func timeOf(text string) string {
	const mostDigits = 11 // Up to the year 5138; milliseconds have more.
	if len(text) > mostDigits {
		return text
	}
	if seconds, err := strconv.ParseUint(text, 10, 63); err == nil {
		return timestamp(time.Unix(int64(seconds), 0))
	}
	return text
}

func timestamp(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// escapeURI percent-encodes what cannot stand in a URI (RFC 3986 §2), and a percent sign that begins no escape. Brackets may stand
// around an address, and one number sign may stand in a URI; all others are encoded.
func escapeURI(text string) string {
	escaped := escapeCharacters(text)
	if formats.URIReference(escaped) {
		return escaped
	}
	before, fragment, found := strings.Cut(escaped, "#")
	if found {
		before += "#" + strings.ReplaceAll(fragment, "#", "%23")
	}
	return strings.NewReplacer("[", "%5B", "]", "%5D").Replace(before)
}

func escapeCharacters(text string) string {
	var out []byte
	for i := range len(text) {
		c := text[i]
		good := (httptext.Unreserved | httptext.Reserved).Has(c)
		if c == '%' {
			_, good = httptext.Escape(text[i:])
		}
		if good {
			out = append(out, c)
		} else {
			out = httptext.AppendEscape(out, c)
		}
	}
	return string(out)
}
