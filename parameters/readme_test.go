package parameters

import (
	"os"
	"regexp"
	"testing"
)

// TestReadme runs the example and the table of matches in README.md.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile(`(?m)^      ([a-z./-]+): "(.*)"$`).FindAllSubmatch(readme, -1)
	templates := make(map[string]string)
	for _, line := range example {
		templates[string(line[1])] = string(line[2])
	}
	if s := mustCompile(t, templates); len(templates) != 5 || len(s.Names()) != 7 {
		t.Errorf("the example has %d templates and %d parameters", len(templates), len(s.Names()))
	}

	rows := regexp.MustCompile("(?m)^\\| `(/.*)` \\| `(.*)` \\| (.*) \\|$").FindAllSubmatch(readme, -1)
	if len(rows) != 3 {
		t.Errorf("the table has %d rows with paths", len(rows))
	}
	for _, row := range rows {
		v := mustExtract(t, mustCompile(t, map[string]string{"path": string(row[1])}), &testRequest{path: string(row[2])})
		values := regexp.MustCompile("`(\\w+)` = `([^`]*)`").FindAllSubmatch(row[3], -1)
		if len(values) != v.Len() {
			t.Errorf("%s: %d values, want %d", row[1], len(values), v.Len())
		}
		for _, value := range values {
			if got, _ := v.Get(string(value[1])); got.Text() != string(value[2]) {
				t.Errorf("%s: %s is %q, want %q", row[1], value[1], got.Text(), value[2])
			}
		}
	}
}
