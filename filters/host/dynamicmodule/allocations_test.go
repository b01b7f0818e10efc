//go:build !race

package dynamicmodule_test

import (
	"testing"

	"github.com/funcroute/funcroute/filters/functions"
	"github.com/funcroute/funcroute/filters/host/dynamicmodule"
)

// The garbage that a whole request through the functions filter and this adapter leaves, in pieces. Time depends on the
// machine, this does not; more of it is a slower Envoy. With the race detector, pools lose what they are given; `make
// test-unit` runs this without.
func TestAllocationsOfARequest(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	cases := []struct {
		name string
		run  *stillEnvoy
		most float64
	}{
		{"lambda, body", newStillEnvoy("body", ""), 3},
		{"lambda, body, with a body", newStillEnvoy("body", `{"a":1}`), 3},
		{"lambda, apigateway-v2", newStillEnvoy("apigateway-v2", ""), 10},
		{"lambda, apigateway-v2, with a body", newStillEnvoy("apigateway-v2", `{"a":1}`), 10},
		{"rest", newStillREST(), 4},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			config, err := dynamicmodule.NewConfig(functions.New(), c.run, nil)
			if err != nil {
				t.Fatal(err)
			}
			for range 100 { // Until all is compiled and credentials are there.
				c.run.request(t, config)
			}
			if got := testing.AllocsPerRun(100, func() { c.run.request(t, config) }); got > c.most {
				t.Errorf("got %.0f allocations per request, want at most %.0f", got, c.most)
			}
		})
	}
}
