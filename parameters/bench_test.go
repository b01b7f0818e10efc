package parameters

import (
	"strings"
	"testing"
)

// shape is a common set of templates with a request for it.
type shape struct {
	name      string
	templates map[string]string
	src       *testRequest
	// most is how many allocations extraction may take. One is for the values.
	most float64
}

func shapes() []shape {
	form := map[string][]string{"content-type": {"application/x-www-form-urlencoded"}}
	return []shape{
		{"nothing", nil, &testRequest{path: "/images/7"}, 0},
		{"a condition", map[string]string{"path": "/health"}, &testRequest{path: "/health"}, 0},
		{
			"two path captures",
			map[string]string{"path": "/users/{user}/orders/{order}"},
			&testRequest{path: "/users/ann/orders/4711?expand=items"}, 1,
		},
		{
			"two path captures, one escaped",
			map[string]string{"path": "/users/{user}/orders/{order}"},
			&testRequest{path: "/users/ann%20lee/orders/4711"}, 2,
		},
		{
			"name and extension",
			map[string]string{"path": "/files/{+dir}/{name}.{ext}"},
			&testRequest{path: "/files/a/b/c/report.pdf"}, 1,
		},
		{
			"optional path capture not given",
			map[string]string{"path": "/images/{id?}"},
			&testRequest{path: "/images"}, 1,
		},
		{
			"two query parameters",
			map[string]string{"query.width": "{width}", "query.height": "{height=200}"},
			&testRequest{path: "/images/7?format=webp&width=300&utm_source=x&lang=de"}, 1,
		},
		{
			"path, query and header",
			map[string]string{"path": "/images/{id}", "query.width": "{width}", "header.x-tenant": "{tenant}"},
			&testRequest{path: "/images/7?width=300", headers: map[string][]string{"x-tenant": {"acme"}}}, 1,
		},
		{
			"a query list",
			map[string]string{"query.tag": "{tags*}"},
			&testRequest{path: "/?tag=a&tag=b&tag=c"}, 5,
		},
		{
			"cookie and authority",
			map[string]string{"cookie.session": "{session}", "authority": "{tenant}.example.com"},
			&testRequest{authority: "acme.example.com:443", headers: map[string][]string{"cookie": {"a=1; session=abc"}}}, 1,
		},
		{
			"two body values of 1 KB",
			map[string]string{"body.name": "{name}", "body.address/city": "{city}"},
			&testRequest{
				body: []byte(`{"name":"Ann","text":"` + strings.Repeat("lorem ip ", 107) + `","address":{"city":"Ulm"}}`),
			}, 1,
		},
		{
			"two form fields",
			map[string]string{"form.name": "{name}", "form.n": "{n}"},
			&testRequest{headers: form, body: []byte("name=Ann&n=7")}, 2,
		},
	}
}

func TestAllocations(t *testing.T) {
	for _, shape := range shapes() {
		t.Run(shape.name, func(t *testing.T) {
			s := mustCompile(t, shape.templates)
			mustExtract(t, s, shape.src)
			var src Source = shape.src
			got := testing.AllocsPerRun(100, func() { _, _ = s.Extract(src) })
			if got > shape.most {
				t.Errorf("got %v allocations, want %v at most", got, shape.most)
			}
		})
	}
}

func TestAllocationsOfText(t *testing.T) {
	s := mustCompile(t, map[string]string{"path": "/{tenant}/{id}"})
	v := mustExtract(t, s, &testRequest{path: "/acme/7"})
	for text, most := range map[string]float64{"resize": 0, "{id}": 0, "{tenant}-{id}": 1} {
		compiled, err := CompileText(text, s)
		if err != nil {
			t.Fatal(err)
		}
		if got := testing.AllocsPerRun(100, func() { _, _ = compiled.Expand(v) }); got > most {
			t.Errorf("%s: got %v allocations, want %v at most", text, got, most)
		}
	}
}

func BenchmarkExtract(b *testing.B) {
	for _, shape := range shapes() {
		b.Run(shape.name, func(b *testing.B) {
			s := mustCompile(b, shape.templates)
			var src Source = shape.src
			b.SetBytes(int64(len(shape.src.body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Extract(src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRefused(b *testing.B) {
	s := mustCompile(b, map[string]string{"path": "/users/{user}/orders/{order}"})
	src := &testRequest{path: "/users/ann/items/4711"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Extract(src); err == nil {
			b.Fatal("not refused")
		}
	}
}

func BenchmarkExpand(b *testing.B) {
	s := mustCompile(b, map[string]string{"path": "/{tenant}/{id}"})
	v := mustExtract(b, s, &testRequest{path: "/acme/7"})
	text, err := CompileText("{tenant}-{id}", s)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := text.Expand(v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	templates := map[string]string{"path": "/users/{user}/orders/{order}", "query.width": "{width=640}"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile(templates); err != nil {
			b.Fatal(err)
		}
	}
}
