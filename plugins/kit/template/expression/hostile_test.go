package expression

import (
	"errors"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// list is a list of JSON.
func list(element string, count int) string {
	return "[" + strings.TrimSuffix(strings.Repeat(element+",", count), ",") + "]"
}

// counted is an access that counts how often it is loaded.
type counted struct {
	access
	loads *int
}

func (c counted) load(s *Scope) (parameters.Value, error) {
	*c.loads++
	return c.access.load(s)
}

// A value can be as large as half the body, and asked for as often as a list in the other half has elements.
func TestValuesAreReadOnce(t *testing.T) {
	for _, text := range []string{
		`map(body.rows, [#, body.name])`, `map(body.rows, body.name[0:1])`, `filter(body.rows, # in body.rows)`, `map(body.rows, header("x") ?? query("q"))`,
	} {
		t.Run(text, func(t *testing.T) {
			e := ForRequest(nil)
			x, err := e.Compile(text)
			if err != nil {
				t.Fatal(err)
			}
			loads := make([]int, len(e.accesses))
			for i, a := range e.accesses {
				e.accesses[i] = counted{a, &loads[i]}
			}
			for round := range 2 {
				clear(loads)
				scope := e.Begin(Message{Headers: plugintest.NewHeaders(), Body: []byte(`{"name":"Ada","rows":[1,2,3]}`), Path: "/"})
				if _, err := x.Value(scope); err != nil {
					t.Fatal(err)
				}
				scope.End()
				for i, got := range loads {
					if got > 1 {
						t.Errorf("message %d: access %d: got %d loads, want 1 at most", round, i, got)
					}
				}
			}
		})
	}
}

// What is read for one message is not there for the next.
func TestValuesAreForgotten(t *testing.T) {
	e := ForRequest(nil)
	x, err := e.Compile(`map(body.rows, # + body.n)`)
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]string{`{"rows":[1],"n":1}`: `[2]`, `{"rows":[5],"n":2}`: `[7]`} {
		scope := e.Begin(Message{Headers: plugintest.NewHeaders(), Body: []byte(body)})
		if got, err := x.Value(scope); err != nil || got.Text() != want {
			t.Errorf("%s: got %s, %v, want %s", body, got.Text(), err, want)
		}
		scope.End()
	}
}

// A small body does not become one that fills the memory.
func TestWhatIsMadeIsBoundedByTheBody(t *testing.T) {
	half := `"` + strings.Repeat("x", 50_000) + `"`
	for _, text := range []string{
		`map(body.rows, { {"n": #, "name": body.name} })`, `map(body.rows, toJSON(body.name))`, `map(body.rows, string([body.name]))`,
		`map(body.rows, { {"o": body.o} })`, `toJSON(map(body.rows, body.numbers))`,
	} {
		t.Run(text, func(t *testing.T) {
			body := `{"name":` + half + `,"o":{` + half + `:1},"numbers":` + list("1.5", 12_000) + `,"rows":` + list("1", 25_000) + `}`
			got, err := evaluate(t, text, body)
			var failed *Error
			if !errors.As(err, &failed) || !errors.Is(failed.Cause, errTooLong) && !strings.Contains(failed.Cause.Error(), errTooLong.Error()) {
				t.Errorf("got %d bytes, %v, want %q", len(got), err, errTooLong)
			}
		})
	}
	t.Run("what is passed on", func(t *testing.T) {
		body := `{"rows":` + list(`{"a":1}`, 30_000) + `}`
		if got, err := evaluate(t, `map(body.rows, { {"id": .a, "name": "x"} })`, body); err != nil {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
	})
}

// What goes over a list for each element of another does not hold a worker for long.
func TestLoopsInLoopsAreBounded(t *testing.T) {
	body := `{"a":` + list("2", 2500) + `,"b":` + list("3", 2500) + `}`
	for _, text := range []string{
		`filter(body.a, # in body.b)`, `filter(body.a, not (# in body.b))`, `count(body.a, let x = #; any(body.b, # == x))`, `filter(body.a, !any(body.b, # == 4))`,
		`map(body.a, count(body.b, # > 2))`, `reduce(body.a, #acc + len(filter(body.b, # == 4)), 0)`, `all(body.a, none(body.b, any([1, 2], # == 3)))`,
	} {
		t.Run(text, func(t *testing.T) {
			e := ForRequest(nil)
			x, err := e.Compile(text)
			if err != nil {
				t.Fatal(err)
			}
			scope := e.Begin(Message{Headers: plugintest.NewHeaders(), Body: []byte(body)})
			defer scope.End()
			if got, want := scope.steps, 500_000+4*len(body); got != want {
				t.Errorf("got %d steps, want %d", got, want)
			}
			scope.steps = 20_000 // As if others had done the rest.
			_, err = x.Value(scope)
			var failed *Error
			if !errors.As(err, &failed) || !strings.Contains(failed.Cause.Error(), errTooMuchWork.Error()) {
				t.Errorf("got %v, want %q", err, errTooMuchWork)
			}
			if scope.steps < -len(body) {
				t.Errorf("got %d steps too many", -scope.steps)
			}
		})
	}
	for _, c := range []struct{ text, want string }{
		{`len(filter(body.a, any([1, 2], # == 2)))`, `2500`},
		{`sum(map(1..100, count(1..100, # > 50)))`, `5000`},
		{`3 in body.b`, `true`},
		{`"a" in {"a": 1}`, `true`},
		{`2 in 1..3 and not (4 in [1, 2])`, `true`},
		{`filter(1..3, let x = #; x in body.a)`, `[2]`},
		{`map(filter([[1], [2, 3]], any(#, # > 2)), map(#, # * 2))`, `[[4,6]]`},
		{`"a" in body.missing`, `false`},
	} {
		t.Run(c.text, func(t *testing.T) {
			if got, err := evaluate(t, c.text, body); err != nil || got != c.want {
				t.Errorf("got %s, %v, want %s", got, err, c.want)
			}
		})
	}
}

// The part of a text is the same as that of its characters.
func TestSliced(t *testing.T) {
	for _, text := range []string{"", "a", "é", "aé😀z", "日本"} {
		characters := []rune(text)
		for from := -6; from <= 6; from++ {
			for to := -6; to <= 6; to++ {
				within := func(i int) int {
					if i < 0 {
						i += len(characters)
					}
					return max(0, min(i, len(characters)))
				}
				want := string(characters[min(within(from), within(to)):within(to)])
				if got, err := sliced(text, from, to); err != nil || got != want {
					t.Errorf("%q[%d:%d]: got %q, %v, want %q", text, from, to, got, err, want)
				}
			}
		}
	}
}
