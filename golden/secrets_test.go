package golden

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWriteSecrets(t *testing.T) {
	file, err := Parse([]byte(`
secrets: { password: hunter2 }
cluster:
  funcroute: { type: echo, text: "file:<secrets>/password", tags: [ "<secrets>/other" ], times: 2 }
  funcroute.functions: { hello: /target }
route: { funcroute: { function: hello } }
cases:
- { name: one, request: GET / HTTP/1.1, upstream: { receives: GET /target }, response: 200 }
- { name: two, request: GET / HTTP/1.1, upstream: { receives: GET /target }, response: 200 }
`))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := file.WriteSecrets(dir); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "password")); err != nil || string(text) != "hunter2" {
		t.Errorf("the secret: got %q, %v", text, err)
	}
	for _, c := range file.Cases {
		settings := c.Cluster["funcroute"]
		if got, want := settings["text"], "file:"+dir+"/password"; got != want {
			t.Errorf("%s: text = %v, want %s", c.Name, got, want)
		}
		if got, want := settings["tags"].([]any)[0], dir+"/other"; got != want {
			t.Errorf("%s: tags = %v, want %s", c.Name, got, want)
		}
		for _, difference := range c.Run() {
			t.Error(difference)
		}
	}
	if got := file.Cluster["funcroute"]["text"]; got != "file:<secrets>/password" {
		t.Errorf("what the file says has become %v", got)
	}
}
