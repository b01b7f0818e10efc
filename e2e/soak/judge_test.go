package soak

import (
	"errors"
	"net/http"
	"testing"
)

// Only what befell a request explains that it was not answered right.
func TestJudge(t *testing.T) {
	const (
		reset = iota
		_
		withinBody
		slow
		fails
		throttled
	)
	buffered, streams := kindOf("apigateway-v2-7"), kindOf("stream")
	if buffered == nil || streams == nil || kindOf("apigateway-v2-x") != nil {
		t.Fatal("kinds are not found by their functions' targets")
	}
	cases := []struct {
		name    string
		kind    *kind
		faults  []int
		outcome outcome
		lost    bool
	}{
		{"another answer", buffered, nil, outcome{status: 200, body: "n2:xx"}, true},
		{"another answer, whatever befell it", buffered, []int{reset, slow}, outcome{status: 200, body: "n2:xx"}, true},
		{"no answer for no reason", buffered, nil, outcome{failed: errors.New("EOF")}, true},
		{"an error for no reason", buffered, nil, outcome{status: 503, body: "reset"}, true},
		{"an error after a reset", buffered, []int{reset}, outcome{status: 503, body: "reset"}, false},
		{"no answer after a reset", buffered, []int{reset}, outcome{failed: errors.New("EOF")}, true},
		{"the last of several faults", buffered, []int{reset, slow}, outcome{status: 504}, false},
		{"half an answer that streams", streams, []int{withinBody}, outcome{status: 200, body: "n1", failed: errors.New("EOF")}, false},
		{"half an answer that does not", buffered, []int{withinBody}, outcome{status: 200, body: "n1", failed: errors.New("EOF")}, true},
		{"half an answer that looks whole", streams, []int{withinBody}, outcome{status: 200, body: "n1"}, true},
		{"an error of ours", buffered, []int{fails}, outcome{status: http.StatusBadGateway, problem: true}, false},
		{"the function's own words", buffered, []int{fails}, outcome{status: 200, body: `{"errorMessage":"secret"}`}, true},
		{"another error than the fault's", buffered, []int{throttled}, outcome{status: 502, problem: true}, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			judge := &clients{}
			x := &exchange{kind: c.kind, nonce: "n1", text: "n1:xx"}
			for _, i := range c.faults {
				x.befall(&faults[i])
			}
			if x.right(&c.outcome) {
				t.Fatal("taken for right")
			}
			judge.judge(x, &c.outcome, x.befallen())
			if got := judge.lost.Load() == 1; got != c.lost {
				t.Errorf("lost: got %t, want %t", got, c.lost)
			}
		})
	}
}
