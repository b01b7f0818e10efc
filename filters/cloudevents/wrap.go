package cloudevents

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/funcroute/funcroute/events"
	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/parameters"
)

// wrap makes an event of a request that is none.
type wrap struct {
	parameters *parameters.Set
	// texts are the attributes' values, each a template.
	texts []wrapText
	// ids says that each event gets an id of its own.
	ids bool
}

type wrapText struct {
	key, name string
	text      *parameters.Text
}

func compileWrap(given map[string]string, set *parameters.Set) (*wrap, error) {
	w := &wrap{parameters: set, ids: given[wrapIDKey] == ""}
	for _, key := range []string{wrapIDKey, wrapSourceKey, wrapTypeKey, wrapSubjectKey} {
		if given[key] == "" {
			if key == wrapSourceKey || key == wrapTypeKey {
				return nil, fmt.Errorf("%s: %q is missing; %s and %s make a request an event together", namespace, key, wrapTypeKey, wrapSourceKey)
			}
			continue
		}
		text, err := parameters.CompileText(given[key], set)
		if err != nil {
			return nil, fmt.Errorf("%s: %q: %w", namespace, key, err)
		}
		name := strings.TrimPrefix(key, "wrap_")
		if constant, is := text.Constant(); is {
			if err := new(events.Event).Add(events.Attribute{Name: name, Value: constant}); err != nil {
				return nil, fmt.Errorf("%s: %q: %w", namespace, key, err)
			}
		}
		w.texts = append(w.texts, wrapText{key, name, text})
	}
	return w, nil
}

// event fills in the attributes.
func (w *wrap) event(e *events.Event, source parameters.Source, contentType string, now time.Time) error {
	values, err := w.parameters.Extract(source)
	if err != nil {
		return err
	}
	e.Attributes = append(e.Attributes, events.Attribute{Name: events.SpecVersion, Value: events.Version})
	if w.ids {
		e.Attributes = append(e.Attributes, events.Attribute{Name: events.ID, Value: uuid.NewString()})
	}
	for i := range w.texts {
		value, err := w.texts[i].text.Expand(values)
		if err == nil {
			if w.texts[i].name == events.Source {
				value = escapeURI(value)
			}
			err = e.Add(events.Attribute{Name: w.texts[i].name, Value: value})
		}
		if err != nil {
			return fmt.Errorf("%s: %w", w.texts[i].key, err)
		}
	}
	e.Attributes = append(e.Attributes, events.Attribute{Name: events.Time, Value: now.UTC().Format(time.RFC3339Nano)})
	e.SetContentType(contentType)
	return e.Complete()
}

// escapeURI percent-encodes what cannot stand in a URI (RFC 3986 §2), a percent sign that begins no escape included.
func escapeURI(text string) string {
	const digits = "0123456789ABCDEF"
	var out []byte
	for i := range len(text) {
		c := text[i]
		good := '!' <= c && c <= '~' && strings.IndexByte("\"<>\\^`{|}", c) < 0
		if c == '%' {
			good = i+2 < len(text) && jsontext.HexDigit(text[i+1]) < 16 && jsontext.HexDigit(text[i+2]) < 16
		}
		if good {
			out = append(out, c)
		} else {
			out = append(out, '%', digits[c>>4], digits[c&15])
		}
	}
	return string(out)
}
