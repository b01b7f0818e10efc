package parameters

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/funcroute/funcroute/httptext"
)

// builtIn are the names that templates of function types give to the request and the answer themselves.
var builtIn = [...]string{"body", "path", "method", "status", "header", "query", "xml", "raw"}

// knownKeys is for messages.
const knownKeys = "path, query.NAME, header.NAME, cookie.NAME, form.NAME, body.POINTER, authority, method"

// Compile compiles templates by the key that says where their values come from, as `funcroute.parameters` has them.
// Without templates it returns a Set that is empty. The error names the key it is about.
func Compile(templates map[string]string) (*Set, error) {
	keys := slices.Sorted(maps.Keys(templates))
	sources := make([]source, len(keys))
	s := &Set{index: make(map[string]int)}
	takenFrom := make(map[string]string)
	for i, key := range keys {
		err := sources[i].parse(key, templates[key])
		if err == nil {
			err = sources[i].claim(takenFrom)
		}
		if err != nil {
			return nil, inKey(key, err)
		}
	}
	s.names = slices.Sorted(maps.Keys(takenFrom))
	s.texts = make([]bool, len(s.names))
	for i, name := range s.names {
		s.index[name] = i
		s.keys = append(s.keys, takenFrom[name])
	}
	for i := range sources {
		if err := s.add(&sources[i]); err != nil {
			return nil, inKey(keys[i], err)
		}
	}
	return s, nil
}

func inKey(key string, err error) error { return fmt.Errorf("funcroute.parameters %q: %w", key, err) }

// source is a key and its template, parsed.
type source struct {
	key, kind, name string
	template        string
	tokens          []token
}

// parse reads the key and the template, and checks what all sources have in common.
func (s *source) parse(key, template string) error {
	s.key, s.template = key, template
	if err := s.parseKey(); err != nil {
		return err
	}
	if template == "" {
		return errors.New("the template is empty; write {name} for the whole value")
	}
	var err error
	if s.tokens, err = parse(template, form{}); err != nil {
		return err
	}
	for i := range s.tokens {
		t := &s.tokens[i]
		if t.name == "" {
			continue
		}
		if i > 0 && s.tokens[i-1].name != "" {
			return fmt.Errorf("{%s} and {%s} touch; there must be a literal between two placeholders to tell where "+
				"the first one ends", s.tokens[i-1].name, t.name)
		}
		if t.multi && s.kind != "path" {
			return fmt.Errorf("{+%s} is for paths; {%s} takes the whole value here, slashes included", t.name, t.name)
		}
		if t.list && s.kind != "path" {
			if s.kind == "authority" || s.kind == "method" {
				return fmt.Errorf("{%s*}: a request has one %s, write {%s}", t.name, s.kind, t.name)
			}
			if len(s.tokens) > 1 {
				return fmt.Errorf("{%s*} takes whole values; there can be nothing beside it in the template", t.name)
			}
		}
		if s.kind == "body" && t.standard == "null" {
			return fmt.Errorf("{%s=null}: null counts as missing; write {%s?}", t.name, t.name)
		}
	}
	return nil
}

// parseKey splits the key into the kind of the source and its name.
func (s *source) parseKey() error {
	kind, name, named := strings.Cut(s.key, ".")
	s.kind, s.name = kind, name
	switch kind {
	case "path", "authority", "method":
		if named {
			return fmt.Errorf("%s takes no name; the key is just %q", kind, kind)
		}
		return nil
	case "query", "form", "header", "cookie", "body":
		if name == "" {
			return fmt.Errorf("%s needs a name: write %s.NAME", kind, kind)
		}
	default:
		return fmt.Errorf("there is no such source; the sources are %s", knownKeys)
	}
	switch kind {
	case "header":
		s.name = strings.ToLower(name)
		switch {
		case s.name == ":path" || s.name == ":method" || s.name == ":authority":
			return fmt.Errorf("write %q for that", s.name[1:])
		case s.name == "host":
			return errors.New(`write "authority" for the host, which is no header in HTTP/2`)
		case !httptext.IsToken(s.name):
			return errors.New("that cannot be the name of a header")
		}
	case "cookie":
		if strings.ContainsAny(name, "=;, \t\"\x00\r\n") {
			return errors.New("that cannot be the name of a cookie")
		}
	}
	return nil
}

// claim notes from which key each name is taken, and refuses names that cannot be given.
func (s *source) claim(takenFrom map[string]string) error {
	for i := range s.tokens {
		name := s.tokens[i].name
		if name == "" {
			continue
		}
		if slices.Contains(builtIn[:], name) {
			return fmt.Errorf("{%s}: the name is built in (%s); give the parameter another one", name,
				strings.Join(builtIn[:], ", "))
		}
		if key, taken := takenFrom[name]; taken {
			return fmt.Errorf("{%s}: a parameter of that name is taken from %q already", name, key)
		}
		takenFrom[name] = s.key
	}
	return nil
}

// add makes a source ready for extraction.
func (s *Set) add(src *source) error {
	o := s.origin(src)
	if src.kind == "path" {
		path, err := newPath(o, src.tokens)
		s.path, s.pathTemplate = path, src.template
		return err
	}
	if o.fold {
		for i := range src.tokens {
			src.tokens[i].literal = lowerASCII(src.tokens[i].literal)
		}
	}
	o.pattern = newPattern(src.tokens, false)
	switch src.kind {
	case "method":
		s.method = &o
	case "authority":
		s.authority = &o
	case "query":
		s.queries = append(s.queries, o)
	case "form":
		s.forms = append(s.forms, o)
	case "cookie":
		s.cookies = append(s.cookies, o)
	case "header":
		for i := range s.headers {
			if s.headers[i].name == o.name {
				return fmt.Errorf("the header has the template of %q already; names of headers ignore case",
					s.headers[i].key)
			}
		}
		s.headers = append(s.headers, o)
	case "body":
		names, err := parsePointer(o.name)
		if err != nil {
			return err
		}
		if s.body == nil {
			s.body = &bodyOrigin{}
		}
		s.body.places.Add(names, len(s.body.origins))
		s.body.origins = append(s.body.origins, o)
	}
	return nil
}

// origin is what all kinds of sources have in common, still without the pattern.
func (s *Set) origin(src *source) origin {
	o := origin{key: src.key, name: src.name, template: src.template, fold: src.kind == "authority"}
	switch src.kind {
	case "path", "query", "form":
		o.policy = manyLines
	case "body":
		o.policy = anything
	}
	for i := range src.tokens {
		t := &src.tokens[i]
		if t.name == "" {
			continue
		}
		o.list = o.list || t.list
		s.texts[s.index[t.name]] = !t.optional && !t.list && src.kind != "body"
		c := capture{name: t.name, index: s.index[t.name], required: t.required()}
		if t.hasDefault {
			c.standard = standard(src, t)
		}
		o.captures = append(o.captures, c)
	}
	o.secret = len(o.captures) == 0 && src.kind != "path" && src.kind != "method" && src.kind != "authority"
	return o
}

// standard is the value of a parameter whose template has a default.
func standard(src *source, t *token) Value {
	switch {
	case src.kind == "path" && t.multi:
		segments := strings.Split(t.standard, "/")
		for i := range segments {
			segments[i] = httptext.Encode(segments[i], httptext.Unreserved)
		}
		return Value{kind: isText, fromPath: true, text: t.standard, raw: strings.Join(segments, "/")}
	case src.kind == "path":
		return Value{kind: isText, fromPath: true, text: t.standard, raw: httptext.Encode(t.standard, httptext.Unreserved)}
	case src.kind == "body" && len(src.tokens) == 1:
		return standardJSON(t.standard)
	default:
		return Value{kind: isText, text: t.standard}
	}
}
