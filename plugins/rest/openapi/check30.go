package openapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"unicode/utf8"
)

// visit is a schema at a place of a value. It knows how it came there.
type visit struct {
	rules *rules
	from  *visit
	work  *work
	// name and index are the step from there, if it leads into the value.
	into  step
	name  string
	index int
}

type step uint8

const (
	stay step = iota
	toElement
	toMember
)

func (v *visit) pointer() string {
	var names []string
	for ; v != nil; v = v.from {
		switch v.into {
		case toElement:
			names = append(names, strconv.Itoa(v.index))
		case toMember:
			names = append(names, v.name)
		case stay:
		}
	}
	slices.Reverse(names)
	return pointer(names)
}

func (v *visit) wrong(format string, args ...any) error {
	return &violation{pointer: v.pointer(), reason: fmt.Sprintf(format, args...)}
}

// already reports whether the schema looks at this value already: it consists of itself, which adds nothing.
func (v *visit) already() bool {
	for at := v; at.into == stay && at.from != nil; {
		if at = at.from; at.rules == v.rules {
			return true
		}
	}
	return false
}

// here has another schema look at the same value.
func (v *visit) here(r *rules, value any) error {
	return (&visit{rules: r, from: v, work: v.work}).check(value)
}

func (v *visit) look(value any) error {
	r := v.rules
	if r == nil || value == nil && r.nullable || v.already() {
		return nil
	}
	if v.work.left--; v.work.left < 0 {
		return errBranching // Whatever comes of it, see checkWith.
	}
	if err := v.parts(value); err != nil {
		return err
	}
	if value == nil {
		if !r.untyped && (r.enum == nil || !v.listed(value)) {
			return v.wrong("must be %s", r.types)
		}
		return nil
	}
	if r.enum != nil && !v.listed(value) {
		allowed, _ := json.Marshal(r.enum)
		return v.wrong("must be one of %s", allowed)
	}
	switch value := value.(type) {
	case bool:
		return v.typed(boolean)
	case json.Number:
		return v.number(value)
	case string:
		return v.text(value)
	case []any:
		return v.list(value)
	case map[string]any:
		return v.object(value)
	}
	return errUnexplained
}

func (v *visit) typed(of types) error {
	if !v.rules.types.has(of) {
		return v.wrong("must be %s", v.rules.types)
	}
	return nil
}

func (v *visit) listed(value any) bool {
	return slices.ContainsFunc(v.rules.enum, func(one any) bool { return same(one, value) })
}

// same reports whether a value is the one that the document gives. Of a number there that is too large for a float64 to be
// exact, no more is known than that.
func same(documented, value any) bool {
	switch documented := documented.(type) {
	case float64:
		n := asNumber(value)
		if n == "" {
			return false
		}
		if rough, _ := n.Float64(); rough != documented || isRounded(documented) {
			return rough == documented
		}
		return exact(n).Cmp(rational(documented)) == 0
	case json.Number:
		n := asNumber(value)
		return n != "" && isHoldable(string(documented)) && exact(n).Cmp(exact(documented)) == 0
	case []any:
		list, is := value.([]any)
		return is && slices.EqualFunc(documented, list, same)
	case map[string]any:
		members, is := value.(map[string]any)
		return is && maps.EqualFunc(documented, members, same)
	case nil:
		return value == nil
	case string:
		return value == documented
	case bool:
		return value == documented
	}
	return false
}

func (v *visit) number(n json.Number) error {
	r := v.rules
	switch {
	case !r.types.has(integer | number):
		return v.typed(number)
	case !r.types.has(number) && !isWhole(n):
		return v.wrong("must be an integer")
	case r.bits != 0 && isWhole(n) && !inRange(n, r.bits):
		return v.wrong("must be an integer of %d bits", r.bits)
	}
	if l := r.minimum; l != nil {
		switch order := l.compare(n); {
		case l.exclusive && order <= 0:
			return v.wrong("must be more than %g", l.rough)
		case order < 0:
			return v.wrong("must be at least %g", l.rough)
		}
	}
	if l := r.maximum; l != nil {
		switch order := l.compare(n); {
		case l.exclusive && order >= 0:
			return v.wrong("must be less than %g", l.rough)
		case order > 0:
			return v.wrong("must be at most %g", l.rough)
		}
	}
	if r.multiple != nil && !new(big.Rat).Quo(exact(n), r.multiple).IsInt() {
		step, _ := r.multiple.Float64()
		return v.wrong("must be a multiple of %g", step)
	}
	return nil
}

func (v *visit) text(s string) error {
	r := v.rules
	if err := v.typed(text); err != nil {
		return err
	}
	if r.minLength > 0 || r.maxLength != nil {
		length := uint64(utf8.RuneCountInString(s)) //nolint:gosec // It is not negative.
		if length < r.minLength {
			return v.wrong("must have at least %d characters", r.minLength)
		}
		if r.maxLength != nil && length > *r.maxLength {
			return v.wrong("must have at most %d characters", *r.maxLength)
		}
	}
	if r.matcher != nil && !r.matcher.MatchString(s) {
		return v.wrong(`must match the regular expression "%s"`, r.pattern)
	}
	if r.format != nil && !r.format.valid(s) {
		return v.wrong("must be %s", r.format.like)
	}
	return nil
}

func (v *visit) list(list []any) error {
	r, length := v.rules, uint64(len(list))
	switch err := v.typed(array); {
	case err != nil:
		return err
	case length < r.minItems:
		return v.wrong("must have at least %d elements", r.minItems)
	case r.maxItems != nil && length > *r.maxItems:
		return v.wrong("must have at most %d elements", *r.maxItems)
	}
	if r.unique {
		if v.work.left -= sizeOf(list); v.work.left < 0 {
			return errBranching // See checkWith.
		}
		if first, second, found := duplicates(list); found {
			return v.wrong("must not have the same element twice, as at %d and %d", first, second)
		}
	}
	if r.items == nil {
		return nil
	}
	for i, element := range list {
		if err := (&visit{rules: r.items, from: v, work: v.work, into: toElement, index: i}).check(element); err != nil {
			return err
		}
	}
	return nil
}

func (v *visit) object(members map[string]any) error {
	r, count := v.rules, uint64(len(members))
	switch err := v.typed(object); {
	case err != nil:
		return err
	case count < r.minMembers:
		return v.wrong("must have at least %d properties", r.minMembers)
	case r.maxMembers != nil && count > *r.maxMembers:
		return v.wrong("must have at most %d properties", *r.maxMembers)
	}
	for name, member := range members {
		rules, described := r.properties[name]
		if !described {
			if r.closed {
				return v.wrong("must not have a property %q", name)
			}
			rules = r.others
		}
		if err := (&visit{rules: rules, from: v, work: v.work, into: toMember, name: name}).check(member); err != nil {
			return err
		}
	}
	for _, name := range r.required {
		if _, there := members[name]; !there && !v.onlyInAnswers(name) {
			return (&visit{from: v, into: toMember, name: name}).wrong("is missing")
		}
	}
	return nil
}

// onlyInAnswers reports whether a schema that looks at this value says that only answers have the member.
func (v *visit) onlyInAnswers(name string) bool {
	for at := v; ; at = at.from {
		if at.rules.readOnly[name] {
			return true
		}
		if at.into != stay || at.from == nil {
			return false
		}
	}
}

// parts has what the schema consists of look at the value.
func (v *visit) parts(value any) error {
	r := v.rules
	if r.not != nil && v.here(r.not, value) == nil {
		return v.wrong("is what the API does not allow (not)")
	}
	if r.anyOf != nil || r.oneOf != nil {
		index, err := v.discriminated(value)
		if err != nil {
			return err
		}
		if err := v.oneOf(value, index); err != nil {
			return err
		}
		if err := v.anyOf(value, index); err != nil {
			return err
		}
	}
	for _, part := range r.allOf {
		if err := v.here(part, value); err != nil {
			return err
		}
	}
	return nil
}

// discriminated returns the index of the alternative that a value says it is, -1 if any can be meant.
func (v *visit) discriminated(value any) (int, error) {
	d := v.rules.discriminator
	members, is := value.(map[string]any)
	if d == nil || !is {
		return -1, nil
	}
	kind, there := members[d.property]
	if !there {
		return 0, v.wrong("must have the property %q, which tells what it is", d.property)
	}
	at := &visit{from: v, into: toMember, name: d.property}
	name, is := kind.(string)
	if !is {
		return 0, at.wrong("must be a text")
	}
	index, known := d.index[name]
	switch {
	case known:
		return index, nil
	case d.all:
		return 0, at.wrong("must be one of %q", slices.Sorted(maps.Keys(d.index)))
	}
	return -1, nil
}

func (v *visit) oneOf(value any, index int) error {
	alternatives := v.rules.oneOf
	if alternatives == nil {
		return nil
	}
	if index >= 0 {
		return v.here(alternatives[index], value)
	}
	matched := -1
	var reasons reasons
	for i, alternative := range alternatives {
		err := v.here(alternative, value)
		if err == nil && matched >= 0 {
			return v.wrong("matches more than one schema of oneOf (those at %d and %d)", matched, i)
		}
		if err == nil {
			matched = i
		}
		reasons.add(err)
	}
	if matched < 0 {
		return reasons.best(v.wrong("matches no schema of oneOf"))
	}
	return nil
}

func (v *visit) anyOf(value any, index int) error {
	alternatives := v.rules.anyOf
	if alternatives == nil {
		return nil
	}
	if index >= 0 && v.rules.oneOf == nil {
		return v.here(alternatives[index], value)
	}
	var reasons reasons
	for _, alternative := range alternatives {
		err := v.here(alternative, value)
		if err == nil {
			return nil
		}
		reasons.add(err)
	}
	return reasons.best(v.wrong("matches no schema of anyOf"))
}
