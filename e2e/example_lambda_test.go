package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
	"github.com/funcroute/funcroute/e2e/harness/scenarios"
	"github.com/funcroute/funcroute/golden"
)

// The two configurations of every example differ in the filter blocks alone.
func TestExamplesAreTheSameForBothHosts(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(harness.Root(t), "examples", "*", "envoy.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, path := range paths {
		example := filepath.Dir(strings.TrimPrefix(path, harness.Root(t)))
		t.Run(filepath.Base(example), func(t *testing.T) {
			stock := harness.LoadConfig(t, filepath.Join(example, "envoy.yaml"))
			harness.ForContrib(stock, "/usr/local/lib/libfuncroute-contrib.so")
			contrib := harness.LoadConfig(t, filepath.Join(example, "envoy-contrib.yaml"))
			if !reflect.DeepEqual(stock, contrib) {
				t.Errorf("envoy-contrib.yaml: got\n%s\nwant\n%s", contrib.YAML(), stock.YAML())
			}
		})
	}
}

// The example runs as it is, against a local AWS, and answers as its README says.
func TestExampleLambda(t *testing.T) {
	exchanges := readmeExchanges(t, "examples/lambda/README.md")
	ministack := counterparts.StartMinistack(t, counterparts.LambdaFunction{Name: "function", Code: "examples/lambda/function", Versions: []counterparts.LambdaVersion{
		{Environment: map[string]string{"GREETING": "Hello"}},
		{Alias: "canary", Environment: map[string]string{"GREETING": "Bonjour"}},
	}})
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		config := harness.LoadConfig(t, "examples/lambda/envoy.yaml").OnFreePorts().To("lambda", ministack.Address)
		envoy := harness.StartEnvoy(t, host, config)
		address := envoy.Listener(t, "http")
		perform(t, address, exchanges)
		t.Run("weight split", func(t *testing.T) {
			counts := map[string]int{}
			const total = 60
			for range total {
				answer, err := harness.Send(address, harness.Message(t, "GET /canary/Ada HTTP/1.1", ""))
				if err != nil {
					t.Fatal(err)
				}
				var said struct{ Message string }
				if err := json.Unmarshal(answer.Body, &said); err != nil {
					t.Fatalf("%s: %v", answer, err)
				}
				counts[said.Message]++
			}
			harness.Report(t, scenarios.ShareDifferences(map[string]float64{"Hello, Ada!": 75, "Bonjour, Ada!": 25}, counts, total))
		})
		t.Run("access log", func(t *testing.T) {
			if !strings.Contains(envoy.Output.String(), `"function":"hello_canary"`) {
				t.Error("the access log does not name the function")
			}
		})
	})
}

// The cluster that the README shows for AWS itself is one that Envoy takes.
func TestExampleLambdaForAWS(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```yaml\n(clusters:.*?)```").FindStringSubmatch(readFile(t, "examples/lambda/README.md"))
	if blocks == nil {
		t.Fatal("the README shows no clusters")
	}
	var shown harness.Object
	if err := yaml.Unmarshal([]byte(blocks[1]), &shown); err != nil {
		t.Fatal(err)
	}
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		config := harness.LoadConfig(t, "examples/lambda/envoy.yaml").OnFreePorts()
		config["static_resources"].(harness.Object)["clusters"] = harness.Clone(shown["clusters"])
		harness.Accepted(t, host, config)
	})
}

type exchange struct {
	request, answer *golden.Message
}

// readmeExchanges reads the ```console blocks of a README: a curl command and what it prints.
func readmeExchanges(t *testing.T, path string) []exchange {
	t.Helper()
	var exchanges []exchange
	for _, block := range regexp.MustCompile("(?s)```console\n\\$ (.*?)\n(.*?)```").FindAllStringSubmatch(readFile(t, path), -1) {
		head, body, _ := strings.Cut(strings.TrimPrefix(block[2], "HTTP/1.1 "), "\n\n")
		answer := harness.Message(t, head, strings.TrimSpace(body))
		if strings.Contains(head, "json") { // JSON is the same whatever stands between its tokens.
			answer.HasJSON = json.Unmarshal(answer.Body, &answer.JSON) == nil
		}
		answer.HasBody = len(answer.Body) > 0
		exchanges = append(exchanges, exchange{requestOfCurl(t, block[1]), answer})
	}
	if len(exchanges) == 0 {
		t.Fatalf("%s shows no requests", path)
	}
	return exchanges
}

// perform sends the requests and compares the answers. A line feed at a body's end cannot be seen in a README.
func perform(t *testing.T, address string, exchanges []exchange) {
	t.Helper()
	for _, exchange := range exchanges {
		t.Run(exchange.request.Start, func(t *testing.T) {
			answer, err := harness.Send(address, exchange.request)
			if err != nil {
				t.Fatal(err)
			}
			harness.Report(t, golden.MatchAnswer(exchange.answer, answer.Headers, bytes.TrimSuffix(answer.Body, []byte("\n"))))
		})
	}
}

var curlWords = regexp.MustCompile(`'[^']*'|\S+`)

// requestOfCurl turns a curl command into the request that curl would send.
func requestOfCurl(t *testing.T, command string) *golden.Message {
	t.Helper()
	words := curlWords.FindAllString(command, -1)
	method, target, headers, body := "GET", "", "", ""
	for i := 1; i < len(words); i++ {
		word := strings.Trim(words[i], "'")
		switch word {
		case "-i":
		case "-d", "-H":
			i++
			value := strings.Trim(words[i], "'")
			if word == "-H" {
				headers += "\n" + value
				continue
			}
			method, body = "POST", value
		default:
			target = strings.TrimPrefix(word, "http://127.0.0.1:10000")
			if !strings.HasPrefix(target, "/") {
				t.Fatalf("do not know what %q means in %q", word, command)
			}
		}
	}
	return harness.Message(t, fmt.Sprintf("%s %s HTTP/1.1%s", method, target, headers), body)
}
