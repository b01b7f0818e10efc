package parameters

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// expression is what a pattern means, as a regular expression whose quantifiers are lazy.
func expression(tokens []token, segmented bool) string {
	var out strings.Builder
	out.WriteString(`(?s)^`)
	for i := range tokens {
		t := &tokens[i]
		if t.name == "" {
			out.WriteString(regexp.QuoteMeta(t.literal))
			continue
		}
		class, times := ".", "+"
		if segmented && !t.multi {
			class = "[^/]"
		}
		if !t.required() {
			times = "*"
		}
		out.WriteString("(" + class + times + "?)")
	}
	out.WriteString(`$`)
	return out.String()
}

// comparePattern compares the matcher with package regexp.
func comparePattern(t *testing.T, tokens []token, segmented bool, texts ...string) {
	t.Helper()
	for i := range tokens {
		if !utf8.ValidString(tokens[i].literal) {
			return // Only possible by escapes. Regular expressions cannot say it.
		}
	}
	p := newPattern(tokens, segmented)
	oracle := regexp.MustCompile(expression(tokens, segmented))
	for _, text := range texts {
		if !utf8.ValidString(text) {
			continue
		}
		spans := make([]span, p.captures)
		got := p.match(text, spans)
		want := oracle.FindStringSubmatchIndex(text)
		if got != (want != nil) {
			t.Fatalf("%q against %s: got %t, want %t", text, oracle, got, want != nil)
		}
		for i, s := range spans {
			if got && (s != span{want[2*i+2], want[2*i+3]}) {
				t.Fatalf("%q against %s: got %v, want %v", text, oracle, spans, want[2:])
			}
		}
	}
}

// TestMatcherAgainstRegexp tries many small templates and texts of few letters, so that nearly everything is ambiguous.
func TestMatcherAgainstRegexp(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := func(most int) string {
		b := make([]byte, random.IntN(most+1))
		for i := range b {
			b[i] = "aab//."[random.IntN(6)]
		}
		return string(b)
	}
	rounds := 10000
	if testing.Short() {
		rounds = 1000
	}
	for range rounds {
		segmented := random.IntN(4) > 0
		tokens := []token{{literal: "/" + text(2)}}
		for range random.IntN(5) {
			next := token{placeholder: placeholder{name: "x"}}
			if segmented {
				next.multi = random.IntN(3) == 0
			} else {
				next.optional = random.IntN(3) == 0
			}
			tokens = append(tokens, next, token{literal: "a/."[random.IntN(3):][:1] + text(2)})
		}
		switch random.IntN(4) {
		case 0:
			tokens = append(tokens, token{placeholder: placeholder{name: "x", multi: segmented}})
		case 1:
			tokens = append(tokens, token{placeholder: placeholder{name: "x", optional: true}})
		case 2:
			tokens = append(tokens, token{placeholder: placeholder{name: "x"}})
		}
		// The last two may be literals by now, which parse would have joined.
		if n := len(tokens); n > 1 && tokens[n-1].name == "" && tokens[n-2].name == "" {
			t.Fatal("two literals")
		}
		texts := make([]string, 30)
		for i := range texts {
			texts[i] = "/" + text(12)
		}
		comparePattern(t, tokens, segmented, texts...)
	}
}
