package e2e

import (
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mccutchen/go-httpbin/v2/httpbin"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
	"github.com/funcroute/funcroute/e2e/harness/scenarios"
)

// The functions of testdata/functions, each a file of that name.
func testFunctions(t *testing.T) []counterparts.LambdaFunction {
	t.Helper()
	paths, err := filepath.Glob("testdata/functions/*.py")
	if err != nil {
		t.Fatal(err)
	}
	var functions []counterparts.LambdaFunction
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".py")
		functions = append(functions, counterparts.LambdaFunction{Name: name, Code: "e2e/" + path, Timeout: 2, Versions: []counterparts.LambdaVersion{
			{Alias: "live", Environment: map[string]string{"STAGE": "live"}},
			{Alias: "next", Environment: map[string]string{"STAGE": "next"}},
		}})
	}
	return functions
}

func TestScenarios(t *testing.T) {
	all := scenarios.Load(t, "testdata/scenarios")
	ministack := sync.OnceValue(func() string { return counterparts.StartMinistack(t, testFunctions(t)...).Address })
	oracle := counterparts.StartOracle(t)
	bin := httptest.NewServer(httpbin.New())
	t.Cleanup(bin.Close)
	for _, scenario := range all {
		t.Run(strings.TrimSuffix(filepath.Base(scenario.Path), ".yaml"), func(t *testing.T) {
			on := harness.OnEveryHost
			if scenario.EveryEnvoy {
				on = harness.OnEveryEnvoy
			}
			on(t, scenario.Needs, func(t *testing.T, host harness.Host) {
				upstream := harness.StartUpstream(t)
				config, err := scenario.Config(map[string]func() string{
					"ministack": ministack,
					"upstream":  func() string { return upstream.Address },
					"httpbin":   bin.Listener.Addr().String,
					"nowhere":   func() string { return harness.FreeAddress(t) },
				})
				if err != nil {
					t.Fatal(err)
				}
				stage := &scenarios.Stage{Host: host, Envoy: harness.StartEnvoy(t, host, config), Listener: "http", Upstream: upstream, Oracle: oracle, Signer: counterparts.DefaultSigner()}
				for _, pattern := range slices.Concat(scenario.Log, scenario.Tolerated) {
					stage.Envoy.Expect(pattern)
				}
				for _, step := range scenario.Steps {
					t.Run(step.Name, func(t *testing.T) { stage.Perform(t, step) })
				}
				checkLoggedOnce(t, stage.Envoy, scenario.Log)
			})
		})
	}
}

func checkLoggedOnce(t *testing.T, envoy *harness.Envoy, patterns []string) {
	t.Helper()
	for _, pattern := range patterns {
		expression := regexp.MustCompile(pattern)
		count := 0
		harness.Eventually(t, "Envoy's log", func() error {
			count = 0
			for _, line := range envoy.Errors.Lines() {
				if expression.MatchString(line) {
					count++
				}
			}
			if count == 0 {
				return fmt.Errorf("no line matches %q", pattern)
			}
			return nil
		})
		if count != 1 {
			t.Errorf("Envoy's log: got %d lines that match %q, want 1", count, pattern)
		}
	}
}
