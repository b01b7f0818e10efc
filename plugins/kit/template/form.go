package template

import (
	"fmt"
	"net/url"
)

// form is application/x-www-form-urlencoded.
type form struct{}

func (form) contexts(pieces []piece) ([]context, error) {
	for i := range pieces {
		if pieces[i].isExpression {
			continue
		}
		for _, c := range pieces[i].text {
			if c <= ' ' || c >= 0x7f {
				return nil, fmt.Errorf("a form cannot hold %q; write it as a percent-escape, and all fields on one line", c)
			}
		}
	}
	if _, err := url.ParseQuery(render(pieces, func(int) string { return "x" })); err != nil {
		return nil, fmt.Errorf("it is not a form: %w", err)
	}
	return oneContext(pieces, formField), nil
}
