package parameters

// Set is a route's parameters, compiled. It does not change and is safe for concurrent use. The nil Set is an empty one.
type Set struct {
	names []string
	index map[string]int
	// keys are the keys that the parameters are taken from, in the order of names.
	keys []string
	// texts tells of each name whether its value is a text in every request, see [Set.AlwaysText].
	texts []bool

	pathTemplate string
	path         *pathOrigin
	method       *origin
	authority    *origin
	headers      []origin
	cookies      []origin
	queries      []origin
	forms        []origin
	body         *bodyOrigin
}

// NeedsBody reports whether any parameter is taken from the body.
func (s *Set) NeedsBody() bool { return s != nil && (len(s.forms) > 0 || s.body != nil) }

// Names are the names of all parameters in alphabetical order. The caller must not change them.
func (s *Set) Names() []string {
	if s == nil {
		return nil
	}
	return s.names
}

// Index is the place of a parameter in [Set.Names] and in [Values]. It reports false if there is no such parameter.
func (s *Set) Index(name string) (int, bool) {
	if s == nil {
		return 0, false
	}
	i, known := s.index[name]
	return i, known
}

// Key is the key that the parameter at an index is taken from, such as "query.width".
func (s *Set) Key(index int) string { return s.keys[index] }

// AlwaysText reports whether the parameter at an index is there in every request, and is a text. Lists and what is taken
// from a JSON body are not.
func (s *Set) AlwaysText(index int) bool { return s.texts[index] }

// PathTemplate is the text given for `path`, or "".
func (s *Set) PathTemplate() string {
	if s == nil {
		return ""
	}
	return s.pathTemplate
}

// Extract takes all parameters out of a request. An error is an [*Error].
//
// The first problem counts. Sources are looked at in this order: method, authority, path, query, headers, cookies,
// form, body; those of one kind in alphabetical order.
func (s *Set) Extract(src Source) (Values, error) {
	if s == nil {
		return Values{}, nil
	}
	v := Values{set: s}
	if len(s.names) > 0 {
		v.values = make([]Value, len(s.names))
	}
	if err := s.extract(src, v.values); err != nil {
		return Values{}, err
	}
	return v, nil
}

func (s *Set) extract(src Source, values []Value) *Error {
	if s.method != nil {
		if err := s.method.take(values, src.Method()); err != nil {
			return err
		}
	}
	if s.authority != nil {
		if err := s.authority.take(values, host(src.Authority())); err != nil {
			return err
		}
	}
	if s.path != nil || len(s.queries) > 0 {
		if err := s.extractTarget(src.Path(), values); err != nil {
			return err
		}
	}
	for i := range s.headers {
		if err := s.headers[i].takeRepeated(values, src.Header(s.headers[i].name)); err != nil {
			return err
		}
	}
	if len(s.cookies) > 0 {
		headers := src.Header("cookie")
		for i := range s.cookies {
			if err := s.cookies[i].takeCookie(values, headers); err != nil {
				return err
			}
		}
	}
	if !s.NeedsBody() {
		return nil
	}
	body := src.Body()
	if len(s.forms) > 0 {
		if err := takeForms(s.forms, values, src.Header("content-type"), body); err != nil {
			return err
		}
	}
	if s.body != nil {
		return s.body.take(values, body)
	}
	return nil
}

// extractTarget takes what is in the path and in the query.
func (s *Set) extractTarget(target string, values []Value) *Error {
	if s.path != nil {
		if err := s.path.take(values, target); err != nil {
			return err
		}
	}
	if len(s.queries) > 0 {
		query := queryOf(target)
		for i := range s.queries {
			if err := s.queries[i].takePairs(values, query); err != nil {
				return err
			}
		}
	}
	return nil
}
