package openapi

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// largeDocument is a document of about the size and the shape of GitHub's: 13 MB of JSON, most of it answers and examples, and
// about a thousand operations.
func largeDocument(operations int) string {
	var out strings.Builder
	out.WriteString(`{"openapi":"3.0.3","info":{"title":"large","version":"1"},"paths":{`)
	text := strings.Repeat("This says in words what the operation does. ", 12)
	example := `{"id":7,"url":"https://api.example.com/things/7","owner":{"login":"ada","site_admin":false},"tags":["a","b"],"text":"` + text + `"}`
	for i := range operations {
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, `"/things%d/{id}":{"put":{"operationId":"things/put-%d","description":%q,"parameters":[`+
			`{"$ref":"#/components/parameters/id"},{"name":"page","in":"query","schema":{"type":"integer","default":1,"maximum":100}}],`+
			`"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/thing-%d"},"examples":{"a":{"value":%s}}}}},`+
			`"responses":{"200":{"description":"ok","content":{"application/json":{"schema":{"$ref":"#/components/schemas/thing-%d"},"examples":{"a":{"value":%s}}}}}}}}`,
			i, i, text, i, example, (i+1)%operations, example)
	}
	out.WriteString(`},"components":{"parameters":{"id":{"name":"id","in":"path","required":true,"schema":{"type":"integer"}}},"schemas":{`)
	for i := range operations {
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, `"thing-%d":{"type":"object","required":["name"],"properties":{`, i)
		for member := range 40 {
			fmt.Fprintf(&out, `"member_%d":{"type":"string","description":"What the member says, in some words.","maxLength":%d,"nullable":true,"example":"abc"},`, member, 100+member)
		}
		fmt.Fprintf(&out, `"name":{"type":"string"},"next":{"$ref":"#/components/schemas/thing-%d"}}}`, i-i%8+(i+1)%8)
	}
	out.WriteString("}}}\n")
	return out.String()
}

// asBlocks writes JSON as YAML in blocks of lines, as most documents are written.
func asBlocks(b *testing.B, text string) string {
	b.Helper()
	f := &file{name: "a", text: []byte(text)}
	var out strings.Builder
	var write func(n node, indent string)
	write = func(n node, indent string) {
		if !n.isObject() && !n.isArray() {
			out.WriteString(" " + string(n.raw) + "\n")
			return
		}
		out.WriteByte('\n')
		list := n.isArray()
		n.children(func(name string, child node) {
			if list {
				out.WriteString(indent + "-")
			} else {
				fmt.Fprintf(&out, "%s%q:", indent, name)
			}
			write(child, indent+"  ")
		})
	}
	write(f.root(), "")
	return out.String()
}

// BenchmarkLoad tells how long a large document takes to be read, how much stays of it, and how long an operation takes when
// it is first called. FUNCROUTE_OPENAPI can name another document, and FUNCROUTE_OPERATION an operation of it.
func BenchmarkLoad(b *testing.B) {
	large := largeDocument(1_000)
	paths := map[string]string{"JSON": filepath.Join(b.TempDir(), "api.json"), "YAML": filepath.Join(b.TempDir(), "api.yaml")}
	for name, text := range map[string]string{"JSON": large, "YAML": asBlocks(b, large)} {
		if err := os.WriteFile(paths[name], []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	operation := "things/put-7"
	if path := os.Getenv("FUNCROUTE_OPENAPI"); path != "" {
		paths, operation = map[string]string{filepath.Base(path): path}, os.Getenv("FUNCROUTE_OPERATION")
	}
	for name, path := range paths {
		b.Run("read/"+name, func(b *testing.B) {
			b.ReportAllocs()
			var doc *document
			before := held()
			for b.Loop() {
				var err error
				if doc, _, err = read(path); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(held()-before)/1e6, "MB-kept")
			b.ReportMetric(float64(len(doc.operations)), "names")
		})
		doc, _, err := read(path)
		if err != nil {
			b.Fatal(err)
		}
		if doc.operations[operation] == nil {
			continue
		}
		b.Run("compile/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := doc.compile(doc.operations[operation]); err != nil {
					b.Fatal(err)
				}
			}
		})
		runtime.KeepAlive(doc)
	}
}

// held is how many bytes are in use.
func held() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
