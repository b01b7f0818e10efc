package openapi

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/funcroute/funcroute/jsontext"
)

// library is a document with all the files it refers to.
type library struct {
	root  *file
	files map[string]*file

	scanned sync.Once
	// resources are the schemas that have an `$id`, by their URI; bases are these URIs by where the schemas stand; anchors
	// are the schemas that have an `$anchor`, by the resource that they belong to.
	resources map[string]node
	// named are the schemas of resources in the order in which they begin, by their files.
	named   map[*file][]node
	bases   map[place]string
	anchors map[anchor]node
}

// place is where a value begins.
type place struct {
	file *file
	at   int
}

func (n node) place() place { return place{n.file, n.at()} }

type anchor struct {
	resource place
	name     string
}

// maxHops bounds how many references lead from one to the next.
const maxHops = 64

// resolve returns what a reference leads to in the end. If it is none, that is the value itself.
func (l *library) resolve(n node, hops int) (node, error) {
	for n.member("$ref").isString() {
		if hops++; hops > maxHops {
			return node{}, n.wrong("its $ref leads to itself")
		}
		next, err := l.target(n.member("$ref"), hops)
		if err != nil {
			return node{}, err
		}
		n = next
	}
	return n, nil
}

// target returns what the text of a reference leads to.
func (l *library) target(ref node, hops int) (node, error) {
	text, _ := ref.text()
	before, fragment, _ := strings.Cut(text, "#")
	from, err := l.start(ref, before)
	if err != nil {
		return node{}, ref.wrong("%w", err)
	}
	unescaped, err := url.PathUnescape(fragment)
	if err != nil {
		unescaped = fragment
	}
	var found node
	switch {
	case fragment == "":
		found = from
	case fragment[0] != '/':
		found = l.anchored(from, unescaped)
	default:
		if found = l.follow(from, unescaped, hops); !found.there() && unescaped != fragment {
			found = l.follow(from, fragment, hops)
		}
		if !found.there() && before == "" {
			found = l.nearby(ref, unescaped, hops)
		}
	}
	if !found.there() {
		return node{}, ref.wrong("its $ref %q leads nowhere", text)
	}
	return found, nil
}

// start returns where the fragment of a reference counts from: the file that it names, or the schema with an `$id`.
func (l *library) start(ref node, before string) (node, error) {
	resource := l.resource(ref)
	if before == "" {
		return resource, nil
	}
	if base, err := url.Parse(l.bases[resource.place()]); err == nil && len(l.resources) > 0 {
		if absolute, err := base.Parse(before); err == nil {
			if found := l.resources[absolute.String()]; found.there() {
				return found, nil
			}
		}
	}
	name, err := join(ref.file.name, before)
	if err != nil {
		return node{}, err
	}
	f := l.files[name]
	switch {
	case f == nil:
		return node{}, fmt.Errorf("it refers to %s, which is not there", name)
	case f.err != nil:
		return node{}, fmt.Errorf("it refers to %s: %w", name, f.err)
	}
	return f.root(), nil
}

// join returns the name of the file that a file refers to. It stands in the document's folder or below it.
func join(from, before string) (string, error) {
	location, err := url.Parse(before)
	if err != nil {
		return "", fmt.Errorf("it refers to %q, which is no URL", before)
	}
	if location.Scheme != "" || location.Host != "" {
		return "", fmt.Errorf("it refers to %s, but only files beside it are read, nothing from the network", before)
	}
	name := path.Join(path.Dir(from), location.Path)
	if path.IsAbs(location.Path) || location.Path == "" || name == ".." || strings.HasPrefix(name, "../") {
		return "", fmt.Errorf("it refers to %s, but only files in its own folder or below are read", before)
	}
	return name, nil
}

// follow returns the value that a JSON Pointer leads to. References on the way are followed.
func (l *library) follow(from node, fragment string, hops int) node {
	names := strings.Split(strings.TrimPrefix(fragment, "/"), "/")
	at := from
	for _, name := range names {
		name = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
		next := at.child(name)
		if !next.there() && at.member("$ref").isString() {
			target, err := l.resolve(at, hops+1)
			if err != nil {
				return node{}
			}
			next = target.child(name)
		}
		if at = next; !at.there() {
			return node{}
		}
	}
	return at
}

// nearby returns what a reference into `$defs` leads to in one of the schemas around it. Generators that put a schema of its
// own into a document leave such references behind.
func (l *library) nearby(ref node, fragment string, hops int) (found node) {
	if !strings.HasPrefix(fragment, "/$defs/") && !strings.HasPrefix(fragment, "/definitions/") {
		return node{}
	}
	ref.ancestors(func(_ string, within node) {
		if target := l.follow(within, fragment, hops); target.there() {
			found = target
		}
	})
	return found
}

// resource returns the innermost schema with an `$id` that a value stands in, or else its file.
func (l *library) resource(n node) node {
	l.scanned.Do(l.scan)
	resource, at := n.file.root(), n.at()
	for _, within := range l.named[n.file] {
		if from := within.at(); from <= at && at < from+len(within.raw) {
			resource = within // Of those around a value, the one that begins last is the innermost.
		}
	}
	return resource
}

// anchored returns the schema of an anchor.
func (l *library) anchored(resource node, name string) node {
	l.scanned.Do(l.scan)
	return l.anchors[anchor{resource.place(), name}]
}

// scan finds the schemas that have names of their own. Few documents have any.
func (l *library) scan() {
	l.resources, l.bases, l.anchors, l.named = map[string]node{}, map[place]string{}, map[anchor]node{}, map[*file][]node{}
	for _, f := range l.files {
		if f.err == nil && slices.ContainsFunc([]string{`"$id"`, `"$anchor"`, `"$dynamicAnchor"`}, func(keyword string) bool {
			return bytes.Contains(f.text, []byte(keyword))
		}) {
			l.scanIn(f.root(), f.root(), "")
		}
	}
}

// scanIn looks at each value once, without keeping the members of large ones.
func (l *library) scanIn(n, resource node, base string) {
	var id node
	var anchors, inner []node
	n.children(func(name string, child node) {
		switch {
		case child.isObject() || child.isArray():
			inner = append(inner, child)
		case !child.isString():
		case name == "$id":
			id = child
		case name == "$anchor" || name == "$dynamicAnchor":
			anchors = append(anchors, child)
		}
	})
	if text, is := id.text(); is {
		if absolute, err := absolute(base, text); err == nil {
			resource, base = n, absolute
			l.resources[absolute], l.bases[n.place()] = n, absolute
			l.named[n.file] = append(l.named[n.file], n)
		}
	}
	for _, named := range anchors {
		text, _ := named.text()
		l.anchors[anchor{resource.place(), text}] = n
	}
	for _, child := range inner {
		l.scanIn(child, resource, base)
	}
}

var errNoID = errors.New("no URI of a schema")

// absolute returns the URI of a schema. One that is nothing but a fragment is none (JSON Schema 2020-12, core, section 8.2.1).
func absolute(base, id string) (string, error) {
	id, _, _ = strings.Cut(id, "#")
	from, err := url.Parse(base)
	if err != nil || id == "" {
		return "", errNoID
	}
	to, err := from.Parse(id)
	if err != nil {
		return "", err
	}
	return to.String(), nil
}

// references returns the texts of all references of a file, those of discriminators included.
func references(text []byte) []string {
	var all []string
	add := func(quoted []byte) {
		if ref := string(jsontext.Unquote(quoted)); !strings.HasPrefix(ref, "#") && !slices.Contains(all[max(0, len(all)-8):], ref) {
			all = append(all, ref)
		}
	}
	for _, value := range valuesOf(text, `"$ref"`) {
		if jsontext.IsString(value) {
			add(value[:jsontext.StringEnd(value)])
		}
	}
	for _, value := range valuesOf(text, `"mapping"`) {
		if value[0] != '{' {
			continue
		}
		_ = jsontext.Members(value, func(_, value []byte) error {
			if jsontext.IsString(value) && bytes.ContainsAny(value, "./") {
				add(value)
			}
			return nil
		})
	}
	return all
}

// valuesOf returns the values of all members of a quoted name, with all that follows them.
func valuesOf(text []byte, quoted string) [][]byte {
	var all [][]byte
	for {
		at := bytes.Index(text, []byte(quoted))
		if at < 0 {
			return all
		}
		text = text[at+len(quoted):]
		if rest := bytes.TrimLeft(text, jsontext.Space); len(rest) > 0 && rest[0] == ':' {
			all = append(all, bytes.TrimLeft(rest[1:], jsontext.Space))
		}
	}
}
