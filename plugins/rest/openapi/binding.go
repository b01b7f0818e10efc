package openapi

import (
	"fmt"
	"slices"
	"strings"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
)

// input says where the value of an operation's parameter, or of a member of its body, comes from.
type input struct {
	// index is the place in the route's parameters, -1 if none of them feeds it.
	index int
	// title names it for messages: `parameter "id" (path)`.
	title string
}

func (in *input) problem(format string, args ...any) *plugins.Error {
	return plugins.Errorf(plugins.BadParameter, "%s %s", in.title, fmt.Sprintf(format, args...))
}

// value returns the value, checked; the default if the request gives none.
func (in *input) value(given parameters.Values, s *schema, standard any) (value any, present bool, err error) {
	if in.index < 0 {
		return standard, standard != nil, nil
	}
	taken := given.At(in.index)
	if !taken.Present() {
		return standard, standard != nil, nil
	}
	value, err = s.coerce(taken)
	return value, err == nil, err
}

// destination is what a route's parameter can feed: a parameter of the operation or a member of its body.
type destination struct {
	in, name string
	fed      int  // the index of what feeds it, -1 if nothing does
	settled  bool // by a qualified name
}

// title names a destination for messages.
func (d *destination) title() string { return fmt.Sprintf("parameter %q (%s)", d.name, d.in) }

// plain is the name a route's parameter has to feed the destination. Since it consists of letters, digits and "_" alone,
// everything else is a "_" in it.
func (d *destination) plain() string {
	name := strings.Map(func(c rune) rune {
		if c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			return c
		}
		return '_'
	}, d.name)
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "_" + name
	}
	return name
}

// qualified is the name that says the place, too. It wins over the plain one.
func (d *destination) qualified() string { return d.in + "_" + d.plain() }

// is reports whether a route's parameter has that name. Headers do not know case.
func (d *destination) is(name, own string) bool {
	if d.in == "header" {
		return strings.EqualFold(name, own)
	}
	return name == own
}

// connect finds what feeds each destination. Those of the body come last: a plain name that feeds a parameter of the
// operation does not feed a member of the body as well.
func connect(destinations []*destination, set *parameters.Set) error {
	var plain []int
	for i, name := range set.Names() {
		matches := slices.DeleteFunc(slices.Clone(destinations), func(d *destination) bool { return !d.is(name, d.qualified()) })
		if len(matches) > 1 {
			return fmt.Errorf("{%s} could be %s or %s", name, matches[0].title(), matches[1].title())
		}
		if len(matches) == 1 {
			if err := matches[0].feed(i, name, set); err != nil {
				return err
			}
			matches[0].settled = true
			continue
		}
		plain = append(plain, i)
	}
	for _, i := range plain {
		name := set.Names()[i]
		matches := slices.DeleteFunc(slices.Clone(destinations), func(d *destination) bool { return d.settled || !d.is(name, d.plain()) })
		ofOperation := slices.DeleteFunc(slices.Clone(matches), func(d *destination) bool { return d.in == "body" })
		if len(ofOperation) > 0 {
			matches = ofOperation
		}
		if len(matches) > 1 {
			return fmt.Errorf("{%s} could be %s or %s; call it {%s} or {%s}",
				name, matches[0].title(), matches[1].title(), matches[0].qualified(), matches[1].qualified())
		}
		if len(matches) == 1 {
			if err := matches[0].feed(i, name, set); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *destination) feed(index int, name string, set *parameters.Set) error {
	if d.fed >= 0 {
		return fmt.Errorf("both {%s} and {%s} would be %s", set.Names()[d.fed], name, d.title())
	}
	d.fed = index
	return nil
}
