package secrets

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/funcroute/funcroute/jsontext"
)

// content is what a store has found: a text, or an object, whose members are texts. It is never changed.
type content struct {
	// text is the whole, trimmed; "" if the store has an object.
	text string
	// object is what the store has as an object, nil if it has a text.
	object map[string]string
	// version is another for each other content, as that of a plugins.Secret.
	version uint64
}

// It keeps the secret out of logs.
func (c *content) String() string { return "a secret" }

func (c *content) GoString() string { return c.String() }

func sameContent(a, b *content) bool { return a.text == b.text && maps.Equal(a.object, b.object) }

// textContent is a text as a store has it. An empty one is not there.
func textContent(text string) (*content, error) {
	if text = strings.TrimSpace(text); text == "" {
		return nil, errors.New("it is empty")
	}
	return &content{text: text}, nil
}

// objectContent is an object as a store has it. Empty members are not there.
func objectContent(members map[string]string) (*content, error) {
	object := map[string]string{}
	for name, text := range members {
		if text = strings.TrimSpace(text); text != "" {
			object[name] = text
		}
	}
	if len(object) == 0 {
		return nil, errors.New("it has no members")
	}
	return &content{object: object}, nil
}

// jsonContent is a JSON object as a store has it. Of members that are no texts it has the JSON; null is not there.
func jsonContent(object []byte) (*content, error) {
	members, err := membersOfJSON(object)
	if err != nil {
		return nil, err
	}
	return objectContent(members)
}

// pick returns what a reference means with its key, the whole without one.
func (c *content) pick(key string) (*content, error) {
	if key == "" {
		return c, nil
	}
	members, err := c.members()
	if err != nil {
		return nil, err
	}
	text, there := members[key]
	if !there {
		return nil, fmt.Errorf("it has no member %q, or an empty one", key)
	}
	return &content{text: text}, nil
}

// value returns the text.
func (c *content) value() (string, error) {
	if c.object != nil {
		return "", errors.New("it is an object, where a text is needed; name a member of it after a #")
	}
	return c.text, nil
}

// members returns the object, which is in the text if the store has that: as JSON, or in lines of the form key=value. No error repeats
// anything of the text.
func (c *content) members() (members map[string]string, err error) {
	switch {
	case c.object != nil:
		return c.object, nil
	case strings.HasPrefix(c.text, "{"):
		members, err = membersOfJSON([]byte(c.text))
	default:
		members, err = membersOfLines(c.text)
	}
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(members, func(_, text string) bool { return text == "" })
	return members, nil
}

func membersOfJSON(text []byte) (map[string]string, error) {
	if !jsontext.Valid(text) || strings.TrimLeft(string(text), jsontext.Space)[0] != '{' {
		return nil, errors.New("it is no JSON object")
	}
	members := map[string]string{}
	err := jsontext.Members(text, func(name, value []byte) error {
		if _, twice := members[string(name)]; twice {
			return errors.New("it has a member twice")
		}
		var member string
		if err := json.Unmarshal(value, &member); err != nil {
			member = string(value)
		}
		members[string(name)] = strings.TrimSpace(member)
		return nil
	})
	return members, err
}

// membersOfLines reads lines of the form key=value. Empty lines, comments and lines without = say nothing.
func membersOfLines(text string) (map[string]string, error) {
	members := map[string]string{}
	for line := range strings.Lines(text) {
		name, value, is := strings.Cut(line, "=")
		name = strings.TrimSpace(name)
		if !is || name == "" || name[0] == '#' || name[0] == ';' {
			continue
		}
		if _, twice := members[name]; twice {
			return nil, errors.New("it has a key twice")
		}
		members[name] = strings.TrimSpace(value)
	}
	if len(members) == 0 {
		return nil, errors.New("it is no object: neither JSON nor lines of the form key=value")
	}
	return members, nil
}
