package plugins_test

import (
	"errors"
	"testing"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// rewriting is a function that sets headers, and notes which of Envoy's notes it has seen.
type rewriting struct {
	set   [][2]string
	err   error
	reply *plugins.Reply
	saw   *string
	all   bool
}

func (f rewriting) Request(r *plugins.Request) (*plugins.Reply, error) {
	*f.saw = r.Headers.Get("x-envoy-original-path")
	if f.err != nil || f.reply != nil {
		return f.reply, f.err
	}
	if f.all {
		r.Recast()
	}
	for _, header := range f.set {
		r.Headers.Set(header[0], header[1])
	}
	return nil, nil
}

func TestCallNotesWhatTheClientHasAskedFor(t *testing.T) {
	forged := [][2]string{
		{"x-envoy-original-path", "/admin"}, {"x-envoy-original-method", "DELETE"}, {"x-envoy-original-host", "admin.example.com"},
	}
	all := [][2]string{{":path", "/called"}, {":method", "POST"}, {":authority", "called.example.com"}}
	cases := map[string]struct {
		sent, set    [][2]string
		recast       bool
		err          error
		reply        *plugins.Reply
		path         string // x-envoy-original-path afterwards, and so on
		method, host string
	}{
		"everything is changed":          {set: all, path: "/asked", method: "GET", host: "asked.example.com"},
		"the path alone":                 {set: all[:1], path: "/asked"},
		"the host alone":                 {set: all[2:], host: "asked.example.com"},
		"the same, recast":               {recast: true, sent: forged, path: "/asked", method: "GET", host: "asked.example.com"},
		"nothing":                        {},
		"the same":                       {set: [][2]string{{":path", "/asked"}, {":method", "GET"}, {":authority", "asked.example.com"}}},
		"the client sends them":          {sent: forged, set: all, path: "/asked", method: "GET", host: "asked.example.com"},
		"the client sends what stays":    {sent: forged, set: all[:1], path: "/asked"},
		"the client sends and all stays": {sent: forged},
		"the client sends one twice":     {sent: append(forged, forged...), set: all, path: "/asked", method: "GET", host: "asked.example.com"},
		"an error":                       {sent: forged, set: all, err: errors.New("no")},
		"a reply":                        {sent: forged, set: all, reply: &plugins.Reply{Status: 200}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			saw := ""
			headers := plugintest.NewHeaders([2]string{":path", "/asked"}, [2]string{":method", "GET"}, [2]string{":authority", "asked.example.com"})
			for _, header := range c.sent {
				headers.Add(header[0], header[1])
			}
			reply, err := plugins.Call(rewriting{set: c.set, err: c.err, reply: c.reply, saw: &saw, all: c.recast}, plugins.NewRequest(headers, nil, nil))
			if !errors.Is(err, c.err) || reply != c.reply {
				t.Errorf("got %v, %v, want %v, %v", reply, err, c.reply, c.err)
			}
			if saw != "" {
				t.Errorf("the function saw %q, want none", saw)
			}
			for name, want := range map[string]string{
				"x-envoy-original-path": c.path, "x-envoy-original-method": c.method, "x-envoy-original-host": c.host,
			} {
				if got := headers.Values(name); len(got) > 1 || headers.Get(name) != want {
					t.Errorf("%s: got %q, want %q", name, got, want)
				}
			}
		})
	}
}
