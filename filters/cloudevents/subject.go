package cloudevents

import (
	"slices"
	"strings"

	"github.com/funcroute/funcroute/events"
	"github.com/funcroute/funcroute/filters/host"
)

// subject is an event that matchers are tried on, with what else its request says of it. Its memory is used again and
// again.
type subject struct {
	events.Event
	// extensions are made for the first expression that asks for one.
	extensions map[string]any
	extended   bool
	// claims are the names of headers that only we may say, attributes those of headers of binary mode, of which
	// ce-datacontenttype is one.
	claims, attributes []string
	held               []bool
	made               []byte // the buffer for a body that is made of the event
}

// mostKept is the size in bytes up to which the buffer for a body is kept for another event.
const mostKept = 4 << 20

// buffer returns an empty slice with a capacity of at least size bytes, for a body. Its memory is used again once the event is released.
func (s *subject) buffer(size int) []byte {
	s.made = slices.Grow(s.made[:0], size)
	return s.made
}

// release gives the subject back.
func (s *subject) release() {
	s.Reset()
	s.forget()
	clear(s.claims)
	clear(s.attributes)
	s.claims, s.attributes = s.claims[:0], s.attributes[:0]
	if cap(s.made) > mostKept {
		s.made = nil
	}
	subjectPool.Put(s)
}

// forget drops what was made of the event's attributes.
func (s *subject) forget() {
	clear(s.extensions)
	s.extended = false
}

// read reads an event of binary mode, and scans the headers, in one go.
func (s *subject) read(headers host.Headers, o *options) error {
	var problem error
	headers.Range(func(name, value string) bool {
		if s.note(name, o) {
			problem = s.AddHeader(name, value)
		}
		return problem == nil
	})
	if problem != nil {
		return problem
	}
	if err := s.SetContentType(headers.Get("content-type")); err != nil {
		return err
	}
	return s.Complete()
}

// scan finds the headers that are ours to say.
func (s *subject) scan(headers host.Headers, o *options) {
	headers.Range(func(name, _ string) bool {
		s.note(name, o)
		return true
	})
}

// note notes a header that is ours to say. It reports whether that may be an attribute.
func (s *subject) note(name string, o *options) (attribute bool) {
	switch {
	case strings.HasPrefix(name, events.HeaderPrefix):
		s.attributes = append(s.attributes, name)
		return true
	case o.says(name):
		s.claims = append(s.claims, name)
	}
	return false
}

func (s *subject) removeAttributes(headers host.Headers) {
	for _, name := range s.attributes {
		headers.Remove(name)
	}
}

// all returns n times true.
func (s *subject) all(n int) []bool {
	s.held = s.held[:0]
	for range n {
		s.held = append(s.held, true)
	}
	return s.held
}
