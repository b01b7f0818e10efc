//go:build !race

package format

import (
	"maps"
	"slices"
	"testing"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// The pieces of garbage that events and answers leave. With the race detector, pools lose what they are given; `make
// test-unit` runs these without.

func TestAllocationsOfEvents(t *testing.T) {
	set, err := parameters.Compile(map[string]string{"path": "/images/{id}/thumbnails"})
	if err != nil {
		t.Fatal(err)
	}
	all := payloadFormats(t, set)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) {
			headers := typicalOf(name)
			r := newRequest(headers, nil)
			if r.Parameters, err = set.Extract(source{headers}); err != nil {
				t.Fatal(err)
			}
			body := body1K()
			got := testing.AllocsPerRun(100, func() {
				r.SetBody(body)
				c := read(r)
				if err := all[name].event(c); err != nil {
					t.Fatal(err)
				}
				c.release()
				r.Release()
			})
			if got > 0 {
				t.Errorf("got %v allocations, want none", got)
			}
		})
	}
}

func TestAllocationsOfAnswers(t *testing.T) {
	most := map[string]float64{
		payloadALB: 8, payloadALBMultiValue: 1, payloadRESTAPI: 8, "apigateway-v2": 8, payloadFunctionURL: 8, payloadEnvoy: 9,
	}
	result := []byte(`{"statusCode":200,"headers":{"content-type":"application/json","x-id":"7"},"body":"{\"hello\":1}"}`)
	all := payloadFormats(t, nil)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) {
			headers := plugintest.NewHeaders([2]string{":status", "200"})
			r := plugins.NewAnswer(plugins.NewRequest(nil, nil, nil), headers)
			got := testing.AllocsPerRun(100, func() {
				r.Receive(result)
				if err := all[name].answer(r); err != nil {
					t.Fatal(err)
				}
				r.Release()
			})
			if got > most[name] {
				t.Errorf("got %v allocations, want %v at most", got, most[name])
			}
		})
	}
}
