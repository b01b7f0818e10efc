package openapi

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// field is a value in a form, or what stands in brackets after a name: of `a[0][b]=1` there is a field `a` that has a field
// `0` that has a field `b`.
type field struct {
	given []given
	inner map[string]*field
}

// given is a value as the client has written it.
type given struct {
	text   string
	json   any
	isJSON bool
	opaque bool // what it says cannot be read here
}

// at returns a field by the steps to it, which it makes if it has to.
func (f *field) at(steps ...string) *field {
	for _, step := range steps {
		if f.inner == nil {
			f.inner = map[string]*field{}
		}
		if f.inner[step] == nil {
			f.inner[step] = &field{}
		}
		f = f.inner[step]
	}
	return f
}

// fields reads a form in a single text.
// https://url.spec.whatwg.org/#urlencoded-parsing
func (c *content) fields(raw []byte) (*field, error) {
	form := &field{}
	for pair := range strings.SplitSeq(string(raw), "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil || !utf8.ValidString(name) {
			return nil, fmt.Errorf("has a field whose name %s is no text that is percent-encoded", strconv.Quote(name))
		}
		steps := c.steps(name)
		text, err := url.QueryUnescape(value)
		if err != nil {
			return nil, &violation{pointer: pointer(steps), reason: "must be percent-encoded"}
		}
		one, err := c.given(steps, text)
		if err != nil {
			return nil, err
		}
		target := form.at(steps...)
		target.given = append(target.given, one...)
	}
	return form, nil
}

// given reads the text of a field, of which there are several if it is a list with separators.
func (c *content) given(steps []string, text string) ([]given, error) {
	e := c.encodings[steps[0]]
	switch {
	case !utf8.ValidString(text):
		return []given{{opaque: true}}, nil
	case e == nil || len(steps) > 1:
	case e.json:
		value, err := decodeJSON([]byte(text))
		if err != nil {
			return nil, &violation{pointer: pointer(steps), reason: err.Error()}
		}
		return []given{{json: value, isJSON: true}}, nil
	case len(e.mediaTypes) == 1 && !e.mediaTypes[0].isText() && !e.mediaTypes[0].isRange():
		return []given{{opaque: true}}, nil
	case e.separator != "" && c.members.member(steps[0]).types.has(array):
		var all []given
		for element := range strings.SplitSeq(text, e.separator) {
			all = append(all, given{text: element})
		}
		return all, nil
	}
	return []given{{text: text}}, nil
}

// steps splits the name of a field at its brackets, if what stands before them is described and can have something in it.
func (c *content) steps(name string) []string {
	base, rest, deep := strings.Cut(name, "[")
	if !deep || base == "" || c.members.properties[name] != nil || !strings.HasSuffix(rest, "]") {
		return []string{name}
	}
	described := c.members.properties[base]
	steps := append([]string{base}, strings.Split(strings.TrimSuffix(rest, "]"), "][")...)
	if described == nil || !described.types.has(array|object) || len(steps) > maxDeep {
		return []string{name}
	}
	return steps
}

// decoder brings the fields of a form to their types.
type decoder struct {
	*trial
	content *content
}

// validForm checks a form in each of the ways in which it can be meant.
func (c *content) validForm(form *field, size int) error {
	d := decoder{attempt(size), c}
	if !c.schema.types.has(object) {
		return nil // The document does not say how it is written.
	}
	ways := c.schema.ways
	if ways == nil {
		ways = []*schema{c.schema}
	}
	var first error
	var reasons reasons
	for _, way := range ways {
		if !way.types.has(object) {
			continue
		}
		if d.left -= len(form.inner) + 1; d.left < 0 {
			return errUndecided
		}
		err := d.valid(way, form)
		if err == nil {
			return nil
		}
		if first == nil {
			first = err
		}
		reasons.add(err)
	}
	return reasons.best(first)
}

// valid checks a form that is meant in one way.
func (d decoder) valid(way *schema, form *field) error {
	unread := d.spread(way, form)
	values := make(map[string]any, len(form.inner))
	for name, field := range form.inner {
		if unread[name] {
			continue
		}
		value, err := d.value(way.member(name), field)
		switch {
		case errors.Is(err, errUnread):
			unread[name] = true
		case err != nil:
			return within(name, err)
		default:
			values[name] = value
		}
	}
	if len(unread) == 0 {
		return d.content.check(values)
	}
	return d.validAround(way, values, unread)
}

// spread finds the fields that are members of an object which is spread over the form, as style `form` does with one that explodes.
// Nobody can tell such a form from another one.
func (d decoder) spread(way *schema, form *field) map[string]bool {
	unread := map[string]bool{}
	for name, property := range way.properties {
		if !property.types.has(object) || property.couldBeText() || form.inner[name] != nil {
			continue
		}
		members := property.memberNames()
		spread := func(field string) {
			if form.inner[field] != nil && way.properties[field] == nil {
				unread[name], unread[field] = true, true
			}
		}
		for _, member := range members { // Of which there are fewer than a client can send fields.
			spread(member)
		}
		if len(members) == 0 {
			for field := range form.inner {
				spread(field)
			}
		}
	}
	return unread
}

// validAround checks a form of which some fields could not be read: all others, and whether those are there that must be.
func (d decoder) validAround(way *schema, values map[string]any, unread map[string]bool) error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		property := d.content.members.properties[name]
		if property == nil && way.closed {
			return fmt.Errorf("has a field %q, which the API does not know", name)
		}
		if property != nil && property.check != nil {
			if err := property.check(values[name]); err != nil {
				return within(name, err)
			}
		}
	}
	for _, name := range way.required {
		if _, read := values[name]; !read && !unread[name] {
			return within(name, errors.New("is missing"))
		}
	}
	return nil
}

// within says that something is wrong within a member.
func within(name string, err error) error {
	var inner *violation
	if errors.As(err, &inner) {
		return &violation{pointer: pointer([]string{name}) + inner.pointer, reason: inner.reason}
	}
	return &violation{pointer: pointer([]string{name}), reason: err.Error()}
}

// value brings a field to the type that it should have.
func (d decoder) value(s *schema, f *field) (any, error) {
	switch {
	case f.inner == nil:
		return d.values(s, f.given)
	case f.given != nil: // Two notations for one field.
		return nil, errUnread
	case s.ways == nil:
		return d.compound(s, f)
	}
	return d.choose(s, len(f.inner), func(way *schema) (any, error) { return d.compound(way, f) })
}

// compound brings a field in brackets to an object or to a list.
func (d decoder) compound(s *schema, f *field) (any, error) {
	if s.types.has(array) {
		if elements, is := f.elements(); is {
			return d.elementsOf(s, elements)
		}
	}
	if !s.types.has(object) {
		return nil, s.mismatch()
	}
	values := make(map[string]any, len(f.inner))
	for name, inner := range f.inner {
		value, err := d.value(s.member(name), inner)
		if err != nil {
			return nil, wrapped(name, err)
		}
		values[name] = value
	}
	return values, nil
}

// wrapped is within, but for what cannot be read.
func wrapped(name string, err error) error {
	if errors.Is(err, errUnread) {
		return err
	}
	return within(name, err)
}

// elements returns the fields of a list, `a[]` or `a[0]`, `a[1]`, in their order. It reports false if it is none.
func (f *field) elements() (all []*field, is bool) {
	names := slices.Collect(maps.Keys(f.inner))
	if len(names) == 1 && names[0] == "" {
		appended := f.inner[""]
		if appended.inner != nil {
			return []*field{appended}, true
		}
		for _, one := range appended.given {
			all = append(all, &field{given: []given{one}})
		}
		return all, true
	}
	index := func(name string) int {
		n, err := strconv.Atoi(name)
		if err != nil || name != strconv.Itoa(n) {
			return -1
		}
		return n
	}
	slices.SortFunc(names, func(a, b string) int { return index(a) - index(b) })
	for _, name := range names {
		if index(name) < 0 {
			return nil, false
		}
		all = append(all, f.inner[name])
	}
	return all, true
}

func (d decoder) elementsOf(s *schema, elements []*field) (any, error) {
	values := make([]any, len(elements))
	for i, element := range elements {
		var err error
		if values[i], err = d.value(s.item(i), element); err != nil {
			return nil, wrapped(strconv.Itoa(i), err)
		}
	}
	return values, nil
}

// values brings what a field says, once or several times, to a type.
func (d decoder) values(s *schema, all []given) (any, error) {
	if len(all) > 1 && s.types.has(array) {
		return d.list(s, all)
	}
	var first any
	for i := range all { // Which of several the upstream takes is not known.
		value, err := d.one(s, &all[i])
		if err != nil {
			return nil, err
		}
		if i == 0 {
			first = value
		}
	}
	return first, nil
}

func (d decoder) list(s *schema, all []given) (any, error) {
	if s.ways != nil {
		return d.choose(s, len(all), func(way *schema) (any, error) { return d.list(way, all) })
	}
	if !s.types.has(array) {
		return nil, s.mismatch()
	}
	values := make([]any, len(all))
	for i := range all {
		var err error
		if values[i], err = d.one(s.item(i), &all[i]); err != nil {
			return nil, wrapped(strconv.Itoa(i), err)
		}
	}
	return values, nil
}

// one brings a single value to a type. A text that is none can be an object, or a list of them, in some notation.
func (d decoder) one(s *schema, g *given) (any, error) {
	switch {
	case g.opaque:
		return nil, errUnread
	case g.isJSON:
		return d.fromJSON(s, g.json)
	}
	value, err := d.fromText(s, g.text)
	if err == nil || errors.Is(err, errUndecided) {
		return value, err
	}
	if s.types.has(array) {
		if decoded, failed := decodeJSON([]byte(g.text)); failed == nil {
			if _, list := decoded.([]any); list {
				return d.fromJSON(s, decoded)
			}
		}
	}
	if !s.couldBeText() && !isCompoundJSON(g.text) {
		return nil, errUnread
	}
	return nil, err
}

// isCompoundJSON reports whether a text is JSON of an object or a list.
func isCompoundJSON(s string) bool {
	decoded, err := decodeJSON([]byte(s))
	if err != nil {
		return false
	}
	switch decoded.(type) {
	case []any, map[string]any:
		return true
	}
	return false
}

// couldBeText reports whether a value, or each element of a list, could be written as a plain text.
func (s *schema) couldBeText() bool { return s.couldBe(0) }

func (s *schema) couldBe(depth int) bool {
	switch {
	case s.types.has(boolean | integer | number | text):
		return true
	case !s.types.has(array) || depth > maxDeep:
		return false
	case s.ways != nil:
		return slices.ContainsFunc(s.ways, func(way *schema) bool { return way.couldBe(depth + 1) })
	}
	return s.item(len(s.first)).couldBe(depth + 1)
}
