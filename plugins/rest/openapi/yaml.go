package openapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/oasdiff/yaml3"

	"github.com/funcroute/funcroute/jsontext"
)

// fromYAML returns YAML as JSON. Line breaks are put into it so that each value stands in the line it had: so an error can say
// where a mistake is, and no second copy of the document is kept for that.
func fromYAML(content []byte, limit int) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(content, &document); err != nil {
		return nil, err
	}
	c := &converter{line: 1, limit: limit, within: map[*yaml.Node]bool{}, out: make([]byte, 0, min(len(content), limit))}
	if document.Kind == 0 {
		return []byte("null"), nil
	}
	err := c.value(&document, 0)
	return c.out, err
}

// converter writes JSON.
type converter struct {
	out    []byte
	line   int
	limit  int
	within map[*yaml.Node]bool // the values of the aliases that are being written
}

var errAliases = errors.New("yaml: document contains excessive aliasing")

func (c *converter) value(n *yaml.Node, depth int) error {
	if depth > jsontext.MaxDepth/2 {
		return fmt.Errorf("yaml: line %d: it is nested too deep", n.Line)
	}
	if len(c.out) > c.limit {
		return errAliases
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return c.value(n.Content[0], depth)
	case yaml.AliasNode:
		return c.alias(n, func(target *yaml.Node) error { return c.value(target, depth+1) })
	}
	c.breakLines(n)
	switch n.Kind {
	case yaml.MappingNode:
		c.out = append(c.out, '{')
		if err := c.members(n, depth); err != nil {
			return err
		}
		c.end('}')
	case yaml.SequenceNode:
		c.out = append(c.out, '[')
		for _, element := range n.Content {
			if err := c.value(element, depth+1); err != nil {
				return err
			}
			c.out = append(c.out, ',')
		}
		c.end(']')
	default:
		c.scalar(n)
	}
	return nil
}

// alias has the value of an alias written in its place.
func (c *converter) alias(n *yaml.Node, write func(*yaml.Node) error) error {
	if c.within[n.Alias] {
		return fmt.Errorf("yaml: line %d: anchor %q contains itself", n.Line, n.Value)
	}
	c.within[n.Alias] = true
	defer delete(c.within, n.Alias)
	return write(n.Alias)
}

// breakLines goes on to the line of a value. One that an alias stands for may be in an earlier one.
func (c *converter) breakLines(n *yaml.Node) {
	for ; c.line < n.Line; c.line++ {
		c.out = append(c.out, '\n')
	}
}

// end takes back the last comma, if there is one.
func (c *converter) end(bracket byte) {
	if last := len(c.out) - 1; c.out[last] == ',' {
		c.out = c.out[:last]
	}
	c.out = append(c.out, bracket)
}

// members writes the members of a mapping, first those that it merges: of several of one name the last counts.
// https://yaml.org/type/merge.html
func (c *converter) members(n *yaml.Node, depth int) error {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := n.Content[i]; key.Kind == yaml.ScalarNode && key.ShortTag() == "!!merge" {
			if err := c.merge(n.Content[i+1], depth+1); err != nil {
				return err
			}
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode || key.ShortTag() == "!!merge" {
			continue // A list or an object cannot be a name.
		}
		c.breakLines(key)
		c.out = append(jsontext.AppendString(c.out, key.Value), ':')
		if err := c.value(n.Content[i+1], depth+1); err != nil {
			return err
		}
		c.out = append(c.out, ',')
	}
	return nil
}

// merge writes the members of a mapping, or of several, of which the first ones count more.
func (c *converter) merge(n *yaml.Node, depth int) error {
	if depth > jsontext.MaxDepth/2 || len(c.out) > c.limit {
		return errAliases
	}
	switch n.Kind {
	case yaml.AliasNode:
		return c.alias(n, func(target *yaml.Node) error { return c.merge(target, depth+1) })
	case yaml.MappingNode:
		return c.members(n, depth)
	case yaml.SequenceNode:
		for i := len(n.Content) - 1; i >= 0; i-- {
			if err := c.merge(n.Content[i], depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *converter) scalar(n *yaml.Node) {
	switch n.ShortTag() {
	case "!!null":
		c.out = append(c.out, "null"...)
		return
	case "!!bool":
		if lower := strings.ToLower(n.Value); lower == "true" || lower == "false" {
			c.out = append(c.out, lower...)
			return
		}
	case "!!int", "!!float":
		if number, ok := numberOf(n.Value); ok {
			c.out = append(c.out, number...)
			return
		}
	}
	c.out = jsontext.AppendString(c.out, n.Value)
}

// numberOf returns a number as JSON writes it. Those that JSON has no word for are none.
func numberOf(value string) (number string, ok bool) {
	const longest = 1 << 10 // To read a million digits takes long.
	if value == "" || len(value) > longest {
		return "", false
	}
	if c := value[len(value)-1]; c >= '0' && c <= '9' && json.Valid([]byte(value)) {
		return value, true
	}
	plain := strings.ReplaceAll(value, "_", "")
	if whole, ok := new(big.Int).SetString(plain, 0); ok {
		return whole.String(), true
	}
	if f, err := strconv.ParseFloat(plain, 64); err == nil && f-f == 0 {
		return strconv.FormatFloat(f, 'g', -1, 64), true
	}
	return "", false
}
