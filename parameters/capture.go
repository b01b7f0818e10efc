package parameters

// capture says where a placeholder's value goes and what to do without one.
type capture struct {
	name string
	// index is the parameter's place in the values.
	index    int
	required bool
	// standard is the default, absent if there is none.
	standard Value
}

// spansOnStack is how many captures a template may have, and how many keys `body.`, before extraction allocates for them.
const spansOnStack = 8

// spans returns memory for n spans: the scratch, which must be new, if that suffices.
func spans[S any](scratch *[spansOnStack]S, n int) []S {
	if n > len(scratch) {
		return make([]S, n)
	}
	return scratch[:n]
}

// origin is one key of `funcroute.parameters` with its template; sources that are a single text, or several of one
// name, match it as it is.
type origin struct {
	// key is all of the key, name what follows its first dot.
	key, name string
	template  string
	pattern   *pattern
	captures  []capture
	policy    policy
	// list is whether the template is {name*}.
	list bool
	// fold is whether the case of ASCII letters is ignored when literals are compared.
	fold bool
	// secret is whether the template is one literal that must not be shown: it may be a key that someone checks.
	secret bool
}

// fail returns an error about the source as a whole, or about its only parameter.
func (o *origin) fail(problem string) *Error {
	e := &Error{Source: o.key, Problem: problem}
	if len(o.captures) == 1 {
		e.Parameter = o.captures[0].name
	}
	return e
}

// mismatch returns the error for a source that does not match the template.
func (o *origin) mismatch() *Error {
	switch {
	case o.secret:
		return o.fail(problemCondition)
	case len(o.captures) == 0:
		return o.fail("must be " + quote(o.template))
	default:
		return o.fail("does not match the template " + quote(o.template))
	}
}

// missing is for a source that the request does not have, or whose value is empty.
func (o *origin) missing(values []Value) *Error {
	if len(o.captures) == 0 {
		return o.fail(problemMissing)
	}
	for i := range o.captures {
		c := &o.captures[i]
		if c.required {
			return &Error{Parameter: c.name, Source: o.key, Problem: problemMissing}
		}
		values[c.index] = c.standard
	}
	return nil
}

// take matches a text and fills in the values of the captures.
func (o *origin) take(values []Value, received string) *Error {
	if received == "" {
		return o.missing(values)
	}
	compared := received
	if o.fold {
		compared = lowerASCII(received)
	}
	var scratch [spansOnStack]span
	found := spans(&scratch, o.pattern.captures)
	if !o.pattern.match(compared, found) {
		return o.mismatch()
	}
	for i := range o.captures {
		c := &o.captures[i]
		s := received[found[i].start:found[i].end]
		if s == "" {
			values[c.index] = c.standard
			continue
		}
		if problem := o.policy.problem(s); problem != "" {
			return &Error{Parameter: c.name, Source: o.key, Problem: problem}
		}
		values[c.index] = Value{kind: isText, text: s}
	}
	return nil
}

// takeList fills in the list of a template that is {name*}. It leaves out empty texts, for these count as missing.
func (o *origin) takeList(values []Value, texts []string) *Error {
	c := &o.captures[0]
	kept := make([]string, 0, len(texts))
	for _, s := range texts {
		if s == "" {
			continue
		}
		if problem := o.policy.problem(s); problem != "" {
			return &Error{Parameter: c.name, Source: o.key, Problem: problem}
		}
		kept = append(kept, s)
	}
	if len(kept) == 0 {
		return o.missing(values)
	}
	values[c.index] = Value{kind: isList, list: kept}
	return nil
}

// takeRepeated is for a source whose values are all at hand: the first one counts, or all of them in a list.
func (o *origin) takeRepeated(values []Value, texts []string) *Error {
	switch {
	case o.list:
		return o.takeList(values, texts)
	case len(texts) == 0:
		return o.missing(values)
	default:
		return o.take(values, texts[0])
	}
}

// quote shows a template in a message.
func quote(template string) string { return `"` + template + `"` }

// lowerASCII lowers the case of ASCII letters, which leaves the length as it is.
func lowerASCII(s string) string {
	for i := range len(s) {
		if isUpper(s[i]) {
			lower := []byte(s)
			for j := i; j < len(lower); j++ {
				if isUpper(lower[j]) {
					lower[j] += 'a' - 'A'
				}
			}
			return string(lower)
		}
	}
	return s
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
