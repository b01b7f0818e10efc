package all_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/plugins"
)

// What a setting says of itself is what the command `funcroute settings` shows. It has a sentence, and the table of the type's README
// has the same default and the same values.
func TestEverySettingIsDocumented(t *testing.T) {
	for _, name := range plugins.Names() {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("..", name, "README.md"))
			if err != nil {
				t.Fatal(err)
			}
			tables := tablesOf(string(text))
			settings := plugins.Lookup(name).Settings()
			for _, setting := range settings {
				checkSentence(t, setting)
				setting.Doc = strings.ReplaceAll(setting.Doc, "SERVICE", name) // As settings that several types share say it.
				checkRow(t, setting, tables)
			}
			for _, written := range tables["setting"] {
				if !slices.ContainsFunc(settings, func(s plugins.Setting) bool { return written[0] == "`"+s.Name+"`" }) {
					t.Errorf("the README has %s, which is no setting", written[0])
				}
			}
		})
	}
}

func checkSentence(t *testing.T, setting plugins.Setting) {
	t.Helper()
	if !regexp.MustCompile(`^[A-Z].*\.$`).MatchString(setting.Doc) || strings.Contains(setting.Doc, ". ") {
		t.Errorf("setting %s has the doc %q, want one sentence", setting.Name, setting.Doc)
	}
}

// checkRow holds a setting against its row of the table `| setting | default | meaning |`.
func checkRow(t *testing.T, setting plugins.Setting, tables tables) {
	t.Helper()
	var row []string
	for _, candidate := range tables["setting"] {
		if candidate[0] == "`"+setting.Name+"`" {
			row = candidate
		}
	}
	if len(row) != 3 {
		t.Errorf("setting %s has no row in a table | setting | default | meaning |", setting.Name)
		return
	}
	checkDefault(t, setting, row[1])
	if !strings.Contains(row[2], setting.Unit) {
		t.Errorf("setting %s: the README does not say that it counts %s", setting.Name, setting.Unit)
	}
	checkValues(t, setting, row, tables)
}

// checkDefault holds a default against what the README says. One that depends on something is told in the setting's sentence, with all
// the texts that the README names.
func checkDefault(t *testing.T, setting plugins.Setting, written string) {
	t.Helper()
	switch {
	case setting.Default != "":
		if written != "`"+setting.Default+"`" {
			t.Errorf("setting %s: the README says that the default is %s, want `%s`", setting.Name, written, setting.Default)
		}
		return
	case written == "", written == "none", written == "`false`" && setting.Kind == plugins.Bool, written == "`0`" && setting.Kind == plugins.Number:
		return
	}
	_, told, agree := strings.Cut(setting.Doc, "by default")
	for _, text := range codes(written) {
		agree = agree && strings.Contains(told, text)
	}
	if !agree {
		t.Errorf("setting %s: the README says that the default is %s, but the setting's sentence is %q", setting.Name, written, setting.Doc)
	}
}

// checkValues looks for the values in the setting's row, or in the tables that explain them, whose first column has the setting's name.
func checkValues(t *testing.T, setting plugins.Setting, row []string, tables tables) {
	t.Helper()
	explained := tables["`"+setting.Name+"`"]
	var named []string
	for _, line := range explained {
		named = append(named, codes(line[0])...)
	}
	for _, value := range named {
		if !slices.Contains(setting.Values, value) {
			t.Errorf("setting %s: the README explains the value %q, which there is not", setting.Name, value)
		}
	}
	named = append(named, codes(strings.Join(row, " "))...)
	for _, value := range setting.Values {
		if !slices.Contains(named, value) {
			t.Errorf("setting %s: the README does not name the value %q", setting.Name, value)
		}
	}
}

var code = regexp.MustCompile("`([^`]*)`")

// codes are the texts that stand between backticks.
func codes(text string) []string {
	var found []string
	for _, match := range code.FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	return found
}

// tables are the rows of a page's tables, by the first cell of a table's head.
type tables map[string][][]string

func tablesOf(page string) tables {
	found := tables{}
	head := ""
	for line := range strings.Lines(page) {
		if !strings.HasPrefix(line, "|") {
			head = ""
			continue
		}
		line = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), "|"), "|")
		line = strings.ReplaceAll(line, `\|`, "\x00") // A bar that divides nothing.
		var cells []string
		for cell := range strings.SplitSeq(line, "|") {
			cells = append(cells, strings.TrimSpace(strings.ReplaceAll(cell, "\x00", "|")))
		}
		switch {
		case head == "":
			head = cells[0]
		case !strings.HasPrefix(cells[0], "---"):
			found[head] = append(found[head], cells)
		}
	}
	return found
}
