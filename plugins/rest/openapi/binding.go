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
	// own says that the client's own query can give it, see ownDeepObject.
	own bool
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
	settled  bool // by a name that says the place
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

// exact is the name that says the place and the name as the document has it. It wins over the others.
func (d *destination) exact() string { return d.in + "." + d.name }

// is reports whether a route's parameter has that name. Headers do not know case.
func (d *destination) is(name, own string) bool {
	if d.in == "header" {
		return strings.EqualFold(name, own)
	}
	return name == own
}

// takenAs reports whether a key of the route's parameters says the place and the name of the destination: the client calls it
// as the document does.
func (d *destination) takenAs(key string) bool {
	if d.in != "body" {
		return d.is(key, d.exact())
	}
	return key == "form."+d.name || key == "body."+strings.NewReplacer("~", "~0", "/", "~1").Replace(d.name)
}

// connect finds what feeds each destination. Those of the body come last: a plain name that feeds a parameter of the
// operation does not feed a member of the body as well.
func connect(destinations []*destination, set *parameters.Set) error {
	rest, err := connectBy((*destination).exact, destinations, indices(set), set)
	if err == nil {
		rest, err = connectBy((*destination).qualified, destinations, rest, set)
	}
	if err != nil {
		return err
	}
	var none []int
	for _, i := range rest {
		name := set.Names()[i]
		matches := narrow(set.Key(i), choose(destinations, func(d *destination) bool { return !d.settled && d.is(name, d.plain()) }))
		ofOperation := choose(matches, func(d *destination) bool { return d.in != "body" })
		if len(ofOperation) > 0 {
			matches = ofOperation
		}
		switch {
		case len(matches) > 1:
			return fmt.Errorf("{%s} could be %s or %s; call it {%s} or {%s}",
				name, matches[0].title(), matches[1].title(), matches[0].called(destinations), matches[1].called(destinations))
		case len(matches) == 0:
			none = append(none, i)
		default:
			if err := matches[0].feed(i, name, set); err != nil {
				return err
			}
		}
	}
	connectByKey(destinations, none, set)
	return nil
}

func indices(set *parameters.Set) []int {
	all := make([]int, len(set.Names()))
	for i := range all {
		all[i] = i
	}
	return all
}

func choose(destinations []*destination, which func(*destination) bool) []*destination {
	return slices.DeleteFunc(slices.Clone(destinations), func(d *destination) bool { return !which(d) })
}

// narrow returns the only one of several destinations that the client calls as the document does, or else all of them. Those that
// could be told apart by their places are left for the route to tell apart.
func narrow(key string, matches []*destination) []*destination {
	if slices.ContainsFunc(matches, func(d *destination) bool { return d.alone(matches) }) {
		return matches
	}
	if called := choose(matches, func(d *destination) bool { return d.takenAs(key) }); len(called) == 1 {
		return called
	}
	return matches
}

// connectBy feeds the destinations that parameters name, which are settled then. It returns the other parameters.
func connectBy(own func(*destination) string, destinations []*destination, from []int, set *parameters.Set) (rest []int, err error) {
	for _, i := range from {
		name := set.Names()[i]
		matches := narrow(set.Key(i), choose(destinations, func(d *destination) bool { return d.is(name, own(d)) }))
		switch {
		case len(matches) > 1:
			return nil, fmt.Errorf("{%s} could be %s or %s; call it {%s} or {%s}",
				name, matches[0].title(), matches[1].title(), matches[0].exact(), matches[1].exact())
		case len(matches) == 0:
			rest = append(rest, i)
		default:
			if err := matches[0].feed(i, name, set); err != nil {
				return nil, err
			}
			matches[0].settled = true
		}
	}
	return rest, nil
}

// connectByKey feeds the destinations whose names cannot be told apart otherwise, from what the client calls as the document does.
func connectByKey(destinations []*destination, from []int, set *parameters.Set) {
	for _, i := range from {
		for _, d := range destinations {
			if d.fed < 0 && d.takenAs(set.Key(i)) && !d.alone(destinations) {
				d.fed = i
			}
		}
	}
}

// alone reports whether no other destination has the same name with its place.
func (d *destination) alone(among []*destination) bool {
	return !slices.ContainsFunc(among, func(other *destination) bool { return other != d && d.is(other.qualified(), d.qualified()) })
}

// called is the simplest name that means this destination and no other.
func (d *destination) called(among []*destination) string {
	if d.alone(among) {
		return d.qualified()
	}
	return d.exact()
}

func (d *destination) feed(index int, name string, set *parameters.Set) error {
	if d.fed >= 0 {
		return fmt.Errorf("both {%s} and {%s} would be %s", set.Names()[d.fed], name, d.title())
	}
	d.fed = index
	return nil
}
