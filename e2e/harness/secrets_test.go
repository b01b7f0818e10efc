package harness

import (
	"strings"
	"testing"
)

// What the harness looks for at the end of each Envoy's life would be found in each of the places.
func TestSecretsAreFoundWhereverTheyStand(t *testing.T) {
	const planted = "planted-s3cr3t"
	cases := []struct {
		where string
		plant func(Config)
	}{
		{"the log", func(c Config) {
			c.Clusters()[0]["metadata"].(Object)["filter_metadata"].(Object)["funcroute"].(Object)["invocation"] = planted
		}},
		{"the access log", func(c Config) {
			c.ConnectionManagers()[0]["access_log"].([]any)[0].(Object)["typed_config"].(Object)["log_format"] = Object{
				"text_format_source": Object{"inline_string": planted + "\n"},
			}
		}},
		{"/config_dump?include_eds", func(c Config) { c.ConnectionManagers()[0]["server_name"] = planted }},
		{"/stats", func(c Config) { c.ConnectionManagers()[0]["stat_prefix"] = planted }},
		{"/clusters", func(c Config) { c.AddCluster("127.0.0.1:1", Object{"name": planted}) }},
		{"/server_info", func(c Config) { c["node"] = Object{"id": planted, "cluster": "e2e"} }},
		{"/listeners", func(c Config) { c.AddListener(planted, nil, nil, nil) }},
		{"an answer's body", nil},
		{"an answer's headers", nil},
	}
	host := Hosts()[0]
	for _, c := range cases {
		t.Run(strings.NewReplacer("/", "", "?", " ").Replace(c.where), func(t *testing.T) {
			var shown map[string]func() string
			upstream := StartUpstream(t, Message(t, "200\nx-leak: "+planted, `"`+planted+`"`))
			config := HelloConfig(upstream.Address)
			if c.plant != nil {
				c.plant(config)
			}
			envoy := StartEnvoy(t, host, config)
			envoy.Expect(planted)
			answer, err := Send(envoy.Listener(t, "http"), Message(t, "POST / HTTP/1.1", "{}"))
			if err != nil {
				t.Fatal(err)
			}
			if shown = answer.shown(); c.plant != nil {
				shown = envoy.shown()
			}
			envoy.Stop() // Then all is in the logs.
			found := leaks(shown, []string{planted})
			if !strings.Contains(strings.Join(found, "\n"), "stands in "+c.where+":") {
				t.Errorf("found %q, want one in %s", found, c.where)
			}
		})
	}
}
