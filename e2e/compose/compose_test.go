// Package compose checks the examples' compose files without Docker: that they load, that what they mount is there or is
// built by make, and that their images are of the version in .envoy-version.
package compose

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

const root = "../.."

// environments are what the READMEs say one can set.
var environments = map[string][]string{
	"stock":   nil,
	"contrib": {"ENVOY_CONFIG=envoy-contrib.yaml", "ENVOY_IMAGE=envoyproxy/envoy:contrib-v" + envoyVersion()},
}

func TestComposeFiles(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "examples", "*", "compose.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no compose files: %v", err)
	}
	for _, file := range files {
		for name, environment := range environments {
			t.Run(filepath.Base(filepath.Dir(file))+", "+name, func(t *testing.T) {
				project := load(t, file, environment)
				for _, service := range project.Services {
					checkMounts(t, service)
				}
				checkEnvoy(t, project)
			})
		}
	}
}

func load(t *testing.T, file string, environment []string) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{file}, cli.WithEnv(environment), cli.WithResolvedPaths(true))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

// checkMounts looks for what a service mounts: a file of the repository, or a library that make builds.
func checkMounts(t *testing.T, service types.ServiceConfig) {
	t.Helper()
	built := []string{"dist/libfuncroute.so", "dist/libfuncroute-contrib.so"}
	base, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, volume := range service.Volumes {
		if volume.Type != types.VolumeTypeBind {
			continue
		}
		if relative, err := filepath.Rel(base, volume.Source); err == nil && slices.Contains(built, relative) {
			continue
		}
		if _, err := os.Stat(volume.Source); err != nil {
			t.Errorf("service %s mounts what is not there: %v", service.Name, err)
		}
	}
}

func checkEnvoy(t *testing.T, project *types.Project) {
	t.Helper()
	envoy, err := project.GetService("envoy")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(envoy.Image, "v"+envoyVersion()) {
		t.Errorf("envoy's image: got %s, want version %s", envoy.Image, envoyVersion())
	}
	if path := envoy.Environment["ENVOY_DYNAMIC_MODULES_SEARCH_PATH"]; path == nil || *path != "/usr/local/lib" {
		t.Error("envoy does not look for libraries where they are mounted")
	}
}

func envoyVersion() string {
	version, err := os.ReadFile(filepath.Join(root, ".envoy-version"))
	if err != nil {
		panic(err)
	}
	return strings.TrimSpace(string(version))
}
