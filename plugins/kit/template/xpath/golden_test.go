package xpath

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
)

// golden is what libxml2 has computed, see testdata/golden.py.
type golden struct {
	Documents []string            `json:"documents"`
	Cases     [][]json.RawMessage `json:"cases"`
}

func readGolden(t testing.TB) golden {
	t.Helper()
	content, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(content, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// libxml2 is the oracle.
func TestGolden(t *testing.T) {
	g := readGolden(t)
	for i, c := range g.Cases {
		var document int
		var expression string
		if json.Unmarshal(c[0], &document) != nil || json.Unmarshal(c[1], &expression) != nil {
			t.Fatalf("case %d cannot be read", i)
		}
		got := evaluated(t, expression, g.Documents[document])
		if want := string(c[2]); !same(got, want) {
			t.Errorf("document %d: %s\n got %s\nwant %s", document, expression, got, want)
		}
	}
}

// same compares two values as JSON; numbers are compared as such.
func same(got, want string) bool {
	var a, b any
	if json.Unmarshal([]byte(got), &a) != nil || json.Unmarshal([]byte(want), &b) != nil {
		return false
	}
	x, isNumber := a.(map[string]any)
	y, both := b.(map[string]any)
	if isNumber && both {
		one, _ := strconv.ParseFloat(x["number"].(string), 64)
		other, _ := strconv.ParseFloat(y["number"].(string), 64)
		return one == other || one != one && other != other
	}
	return isNumber == both && fmt.Sprint(a) == fmt.Sprint(b) && fmt.Sprintf("%T", a) == fmt.Sprintf("%T", b)
}

// evaluated is the value of an expression as JSON, in the form of golden.json.
func evaluated(t testing.TB, expression, document string) string {
	t.Helper()
	result, err := evaluate(expression, document)
	if err != nil {
		return "error: " + err.Error()
	}
	var v any
	switch result.Kind() {
	case Nodes:
		texts, err := result.Texts(result.Count())
		if err != nil {
			t.Fatal(err)
		}
		v = texts
	case Number:
		v = map[string]string{"number": result.Text()}
	case Boolean:
		v = result.Boolean()
	default:
		v = result.Text()
	}
	encoded, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

// evaluate evaluates an expression as lxml does: the context is the root element, and results do not hold the document itself.
func evaluate(expression, document string) (Result, error) {
	x, err := Compile(expression)
	if err != nil {
		return Result{}, err
	}
	d, err := Parse([]byte(document), "")
	if err != nil {
		return Result{}, err
	}
	r, err := x.evaluate(d, int32(slices.IndexFunc(d.nodes, func(n node) bool { return n.kind == elementNode })))
	if len(r.nodes) > 0 && r.nodes[0] == 0 {
		r.nodes = r.nodes[1:]
	}
	return r, err
}
