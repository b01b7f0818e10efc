package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/funcroute/funcroute/e2e/harness"
)

const functionsPerCluster = 50

// scale measures what grows with the size of a configuration, and what must not.
func scale(r *report, upstream string) error {
	r.text.WriteString("\n### Scale: clusters with 50 functions each, `payload: body`, HTTP/1.1, no body\n\n" +
		"Cold is each function's first request, warm the same number of requests (10,000 at least) to functions drawn by chance. The calls\n" +
		"are made and signed, and go nowhere.\n\n" +
		"| clusters | functions | CPU µs per request, cold | warm | MB before | after | KB per compiled function |\n|---|---|---|---|---|---|---|\n")
	for text := range strings.SplitSeq(r.options.scale, ",") {
		clusters, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("-scale: %w", err)
		}
		if err := scaleTo(r, upstream, clusters); err != nil {
			return fmt.Errorf("%d clusters: %w", clusters, err)
		}
	}
	return crowd(r, upstream)
}

func scaleTo(r *report, upstream string, clusters int) error {
	e, err := start(scaled(upstream, clusters), ours)
	if err != nil {
		return err
	}
	defer e.stop()
	functions := clusters * functionsPerCluster
	call := func(i int) *http.Request {
		request, _ := http.NewRequest(http.MethodGet, fmt.Sprintf("http://%s/f%d", e.ports["scale"], i%functionsPerCluster), nil)
		request.Header.Set("x-cluster", fmt.Sprintf("c%d", i/functionsPerCluster))
		return request
	}
	before, err := e.memory()
	if err != nil {
		return err
	}
	cold, err := e.costOf(functions, call)
	if err != nil {
		return err
	}
	after, err := e.memory()
	if err != nil {
		return err
	}
	warm, err := e.costOf(max(functions, 10_000), func(int) *http.Request { return call(rand.IntN(functions)) })
	if err != nil {
		return err
	}
	fmt.Fprintf(&r.text, "| %d | %d | %.1f | %.1f | %d | %d | %.1f |\n", clusters, functions, micro(cold), micro(warm),
		before>>20, after>>20, float64(after-before)/1024/float64(functions))
	return nil
}

// scaled has one route; which cluster is called stands in a header, which function in the path. The clusters have no
// endpoints, for thousands of them would have more connections than a process may: Envoy answers 503 once the call is made.
func scaled(upstream string, clusters int) harness.Config {
	config := harness.NewConfig()
	for i := range clusters {
		offered := object{}
		for f := range functionsPerCluster {
			offered[fmt.Sprintf("f%d", f)] = fmt.Sprintf("arn:aws:lambda:us-east-1:123456789012:function:c%d-f%d", i, f)
		}
		name := fmt.Sprintf("c%d", i)
		nowhere := object{"cluster_name": name}
		config.AddCluster(upstream, object{"name": name, "load_assignment": nowhere, "metadata": object{"filter_metadata": object{
			"funcroute":           object{"type": "lambda", "region": "us-east-1", "payload": "body"},
			"funcroute.functions": offered,
		}}})
	}
	route := object{
		"match": object{"prefix": "/"}, "route": object{"cluster_header": "x-cluster"},
		"metadata": object{"filter_metadata": object{
			"funcroute": object{"function": "{name}"}, "funcroute.parameters": object{"path": "/{name}"},
		}},
	}
	config.AddListener("scale", []any{route}, nil, object{
		"access_log": []any{}, "http_filters": []any{module("funcroute", "functions"), filter("envoy.filters.http.router", "router.v3.Router", object{})},
	})
	return config
}

// costOf sends requests, some at a time, and returns Envoy's CPU for each.
func (e *envoy) costOf(count int, request func(int) *http.Request) (time.Duration, error) {
	before, err := e.cpu()
	if err != nil {
		return 0, err
	}
	if err := sendAll(count, 32, http.StatusServiceUnavailable, request); err != nil {
		return 0, err
	}
	after, err := e.cpu()
	return (after - before) / time.Duration(count), err
}

// sendAll sends requests over a number of connections.
func sendAll(count, connections, status int, request func(int) *http.Request) error {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	defer client.CloseIdleConnections()
	var next atomic.Int64
	var workers sync.WaitGroup
	failed := make(chan error, connections)
	for range connections {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < count; i = int(next.Add(1)) - 1 {
				if err := send(client, request(i), status); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	workers.Wait()
	close(failed)
	return <-failed
}

func send(client *http.Client, request *http.Request, status int) error {
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != status {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	return nil
}

// crowd measures memory under many slow calls, and under an answer that is larger than memory should ever be.
func crowd(r *report, upstream string) error {
	const slow = 2000
	config := harness.NewConfig()
	addContestant(config, upstream, "slow", contestant{
		filters: []any{module("funcroute", "functions")}, route: calls("slow"),
		cluster: object{
			"funcroute":           object{"type": "lambda", "region": "us-east-1", "payload": "body"},
			"funcroute.functions": object{"slow": slowFunction},
		},
	})
	addContestant(config, upstream, "large", contestant{
		filters: []any{module("funcroute", "functions")}, route: calls("large"),
		cluster: object{
			"funcroute":           object{"type": "lambda", "region": "us-east-1", "payload": "body"},
			"funcroute.functions": object{"large": largeFunction},
		},
	})
	e, err := start(config, ours)
	if err != nil {
		return err
	}
	defer e.stop()
	to := func(listener string) func(int) *http.Request {
		return func(int) *http.Request {
			request, _ := http.NewRequest(http.MethodGet, "http://"+e.ports[listener]+"/", nil)
			return request
		}
	}
	if err := sendAll(1, 1, http.StatusOK, to("slow")); err != nil {
		return err
	}
	before, err := e.memory()
	if err != nil {
		return err
	}
	begun := time.Now()
	done := make(chan error, 1)
	go func() { done <- sendAll(slow, slow, http.StatusOK, to("slow")) }()
	during, err := e.peak(done)
	if err != nil {
		return err
	}
	fmt.Fprintf(&r.text, "\n%d calls at once of a function that takes %s: all answered after %.1f s; memory %d MB before, %d MB at most meanwhile.\n",
		slow, slowness, time.Since(begun).Seconds(), before>>20, during>>20)

	if before, err = e.memory(); err != nil {
		return err
	}
	go func() { done <- sendAll(1, 1, http.StatusOK, to("large")) }()
	if during, err = e.peak(done); err != nil {
		return err
	}
	fmt.Fprintf(&r.text, "\nAn answer of %d MB, streamed: memory %d MB before, %d MB at most meanwhile.\n", largeness>>20, before>>20, during>>20)
	return nil
}

// peak is the most memory that Envoy has until something is done.
func (e *envoy) peak(done <-chan error) (int, error) {
	most := 0
	for {
		now, err := e.memory()
		if err != nil {
			return 0, err
		}
		most = max(most, now)
		select {
		case err := <-done:
			return most, err
		case <-time.After(20 * time.Millisecond):
		}
	}
}
