package harness

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// OnEveryEnvoy is OnEveryHost, and then the hosts of the dynamic module in each of .envoy-versions, the other Envoys that
// README.md promises. With $ENVOY, that Envoy is the only one.
func OnEveryEnvoy(t *testing.T, needs []Capability, f func(*testing.T, Host)) {
	t.Helper()
	OnEveryHost(t, needs, f)
	if os.Getenv("ENVOY") != "" {
		return
	}
	versions, err := os.ReadFile(filepath.Join(Root(t), ".envoy-versions"))
	if err != nil {
		t.Fatal(err)
	}
	for version := range strings.FieldsSeq(string(versions)) {
		for _, host := range stockHosts() {
			host.Name += ", Envoy " + version
			host.binary = func(t testing.TB) string { return Tool(t, "envoy-"+version) }
			host.run(t, needs, f)
		}
	}
}

// release is Envoy's minor version, 39 of 1.39.0.
type release int

// releaseOf asks an Envoy for its version, once.
func releaseOf(t testing.TB, binary string) release {
	t.Helper()
	releases.mutex.Lock()
	defer releases.mutex.Unlock()
	if known, ok := releases.known[binary]; ok {
		return known
	}
	output, err := exec.Command(binary, "--version").Output()
	if err != nil {
		t.Fatalf("%s --version: %v", binary, err)
	}
	match := versionLine.FindSubmatch(output)
	if match == nil {
		t.Fatalf("%s --version: got %q, want a version 1.x", binary, output)
	}
	minor, err := strconv.Atoi(string(match[1]))
	if err != nil {
		t.Fatal(err)
	}
	releases.known[binary] = release(minor)
	return release(minor)
}

var releases = struct {
	mutex sync.Mutex
	known map[string]release
}{known: map[string]release{}}

// versionLine is `envoy  version: <commit>/1.39.0/Clean/RELEASE/BoringSSL`.
var versionLine = regexp.MustCompile(`version: \w+/1\.(\d+)\.\d+/`)

// routesAsText is what README.md tells users of an Envoy before 1.39: a per-route configuration is written as a text there.
func routesAsText(t testing.TB, config Config) {
	t.Helper()
	visit(Object(config), func(typed Object) {
		given, _ := typed["filter_config"].(Object)
		if typed["@type"] != DynamicModulePerRoute || given["@type"] != "type.googleapis.com/google.protobuf.Struct" {
			return
		}
		text, err := json.Marshal(given["value"])
		if err != nil {
			t.Fatal(fmt.Errorf("a per-route configuration: %w", err))
		}
		typed["filter_config"] = Object{"@type": "type.googleapis.com/google.protobuf.StringValue", "value": string(text)}
	})
}
