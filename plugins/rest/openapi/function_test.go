package openapi

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/plugins"
)

func write(t testing.TB, folder, name, content string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The same operations in all versions of the petstore, judged by kin-openapi's filter.
func TestPetstore(t *testing.T) {
	const auth = "Bearer secret"
	type want struct {
		path, body, contentType, accept string
		headers                         map[string]string
		err                             string // instead of all this
		disputed                        bool   // the judge is stricter than we are
		err31                           string // the same where version 3.1 says it otherwise
	}
	cases := []struct {
		name       string
		operation  string
		parameters map[string]string
		options    Options
		client     client
		want       want
	}{
		{
			name: "a path parameter", operation: "getPetById", parameters: map[string]string{"path": "/pets/{petId}"},
			client: client{path: "/pets/7"},
			want:   want{path: "/v2/pet/7", accept: "application/json, application/xml"},
		},
		{
			name: "a path parameter by its place and name", operation: "getPetById", parameters: map[string]string{"path": "/pets/{path_petId}"},
			client: client{path: "/pets/7"}, want: want{path: "/v2/pet/7"},
		},
		{
			name: "no number", operation: "getPetById", parameters: map[string]string{"path": "/pets/{petId}"},
			client: client{path: "/pets/seven"}, want: want{err: `bad_parameter: parameter "petId" (path) must be an integer`},
		},
		{
			name: "a number beyond 64 bits", operation: "getPetById", parameters: map[string]string{"path": "/pets/{petId}"},
			client: client{path: "/pets/9223372036854775808"}, want: want{err: `parameter "petId" (path) must be an integer of 64 bits`},
		},
		{
			name: "above the maximum", operation: "getOrderById", parameters: map[string]string{"path": "/orders/{orderId}"},
			client: client{path: "/orders/11"}, want: want{
				err: `parameter "orderId" (path) must be at most 10`, err31: `parameter "orderId" (path) is wrong: maximum: got 11, want 10`,
			},
		},
		{
			name: "a list in the query, whose name is built in", operation: "findPetsByStatus",
			parameters: map[string]string{"query.status": "{query_status*}"}, client: client{path: "/pets?status=sold&status=pending"},
			want: want{path: "/v2/pet/findByStatus?status=sold&status=pending"},
		},
		{
			name: "a value that the enumeration does not have", operation: "findPetsByStatus",
			parameters: map[string]string{"query.status": "{query_status*}"}, client: client{path: "/pets?status=gone"},
			want: want{
				err:   `parameter "status" (query) at /0 must be one of ["available","pending","sold"]`,
				err31: `parameter "status" (query) at /0 is wrong: value must be one of 'available', 'pending', 'sold'`,
			},
		},
		{
			name: "nothing feeds a required parameter", operation: "findPetsByStatus", client: client{path: "/pets"},
			want: want{err: `parameter "status" (query) is required, but funcroute.parameters has no {status} or {query_status}`},
		},
		{
			name: "a header that the client sends goes along", operation: "deletePet", parameters: map[string]string{"path": "/pets/{petId}"},
			client: client{path: "/pets/7", headers: [][2]string{{"api_key", "k"}}},
			want:   want{path: "/v2/pet/7", headers: map[string]string{"api_key": "k"}},
		},
		{
			name: "a header by parameter", operation: "deletePet",
			parameters: map[string]string{"path": "/pets/{petId}", "query.key": "{api_key}"},
			client:     client{path: "/pets/7?key=k"}, want: want{path: "/v2/pet/7", headers: map[string]string{"api_key": "k"}},
		},
		{
			name: "the client's body goes along", operation: "addPet",
			client: client{method: "POST", path: "/pets", body: `{"name":"Rex","photoUrls":[]}`, headers: [][2]string{{"content-type", "application/json"}}},
			want:   want{path: "/v2/pet", body: `{"name":"Rex","photoUrls":[]}`, contentType: "application/json"},
		},
		{
			name: "a body of parameters", operation: "addPet",
			parameters: map[string]string{"path": "/pets/{name}", "query.photo": "{photoUrls*}", "query.kind": "{category?}"},
			client:     client{method: "PUT", path: "/pets/Rex%20%22the%22?photo=a&photo=b&kind=%7B%22id%22:%221%22%7D"},
			want: want{
				path: "/v2/pet", body: `{"category":{"id":1},"name":"Rex \"the\"","photoUrls":["a","b"]}`, contentType: "application/json",
			},
		},
		{
			name: "a body of parameters, in which one that is required is missing", operation: "addPet",
			parameters: map[string]string{"path": "/pets/{name}", "query.photo": "{photoUrls*?}"}, client: client{method: "PUT", path: "/pets/Rex"},
			want: want{err: `bad_parameter: parameter "photoUrls" (body) is missing`},
		},
		{
			name: "a body of parameters, in which nothing feeds one that is required", operation: "addPet",
			parameters: map[string]string{"path": "/pets/{name}"}, client: client{method: "PUT", path: "/pets/Rex"},
			want: want{err: `parameter "photoUrls" (body) is required`},
		},
		{
			name: "a form of parameters", operation: "updatePetWithForm",
			parameters: map[string]string{"path": "/pets/{petId}", "body.name": "{name?}", "body.state": "{body_status}"},
			client:     client{method: "POST", path: "/pets/7", body: `{"name":"A&B","state":"sold"}`},
			want:       want{path: "/v2/pet/7", body: "name=A%26B&status=sold", contentType: formType},
		},
		{
			name: "a body that the operation does not take", operation: "getInventory",
			client: client{method: "POST", path: "/inventory?x=1", body: "hello", headers: [][2]string{{"content-type", "text/plain"}}},
			want:   want{path: "/v2/store/inventory", accept: "application/json"},
		},
		{
			name: "the client's query", operation: "loginUser", options: Options{ForwardQuery: true},
			parameters: map[string]string{"query.username": "{username}", "query.password": "{password}"},
			client:     client{path: "/login?username=a&x=1&%75sername=b&y&password=c%26d"},
			want:       want{path: "/v2/user/login?username=a&password=c%26d&x=1&y"},
		},
		{
			name: "a valid body", operation: "placeOrder", options: Options{Validate: true},
			client: client{method: "POST", path: "/", body: `{"petId": 7, "quantity": 1}`, headers: [][2]string{{"content-type", "application/json; charset=utf-8"}}},
			want:   want{path: "/v2/store/order", body: `{"petId": 7, "quantity": 1}`},
		},
		{
			name: "an invalid body", operation: "placeOrder", options: Options{Validate: true},
			client: client{method: "POST", path: "/", body: `{"petId": 7, "quantity": "many"}`, headers: [][2]string{{"content-type", "application/json"}}},
			want:   want{err: "bad_body: The body at /quantity "},
		},
		{
			name: "a body that is none of the API's", operation: "addPet", options: Options{Validate: true},
			client: client{method: "POST", path: "/", body: `petId: 7`, headers: [][2]string{{"content-type", "text/plain"}}},
			want:   want{err: "bad_body: The content-type must be one of application/json"},
		},
		{
			name: "a body that is no JSON", operation: "placeOrder", options: Options{Validate: true},
			client: client{method: "POST", path: "/", body: `{"petId": 7,`, headers: [][2]string{{"content-type", "application/json"}}},
			want:   want{err: "bad_body: The body must be JSON"},
		},
		{
			name: "a body that is compressed", operation: "placeOrder", options: Options{Validate: true},
			client: client{method: "POST", path: "/", body: "\x1f\x8b", headers: [][2]string{{"content-type", "application/json"}, {"content-encoding", "gzip"}}},
			want:   want{err: "bad_body: The body is compressed"},
		},
		{
			name: "a property that answers have, sent back", operation: "addPet", options: Options{Validate: true},
			client: client{method: "POST", path: "/", body: `{"id":7,"name":"a","photoUrls":[]}`, headers: [][2]string{{"content-type", "application/json"}}},
			want:   want{path: "/v2/pet", body: `{"id":7,"name":"a","photoUrls":[]}`, disputed: true},
		},
		{
			name: "a form that is checked", operation: "updatePetWithForm", options: Options{Validate: true}, parameters: map[string]string{"path": "/pets/{petId}"},
			client: client{method: "POST", path: "/pets/7", body: "name=a&status=b", headers: [][2]string{{"content-type", formType}}},
			want:   want{path: "/v2/pet/7", body: "name=a&status=b"},
		},
		{
			name: "XML is not looked into", operation: "addPet", options: Options{Validate: true},
			client: client{method: "POST", path: "/", body: "<pet/>", headers: [][2]string{{"content-type", "application/xml"}}},
			want:   want{path: "/v2/pet", body: "<pet/>", disputed: true},
		},
		{
			name: "no body where there must be one", operation: "placeOrder", options: Options{Validate: true},
			client: client{method: "POST", path: "/", headers: [][2]string{{"content-type", "application/json"}}},
			want:   want{err: "bad_body: The body is missing"},
		},
	}
	for _, version := range []string{"2.0", "3.0", "3.1"} {
		t.Run(version, func(t *testing.T) {
			path := filepath.Join("testdata", "petstore", "petstore-"+version+".yaml")
			doc := compiled(t, path)
			for _, c := range cases {
				t.Run(c.name, func(t *testing.T) {
					c.client.headers = append([][2]string{{"authorization", auth}}, c.client.headers...)
					function, set, err := bound(t, doc, c.operation, c.parameters, c.options)
					var call *plugins.Request
					if err == nil {
						call, err = send(function, set, c.client)
					}
					if c.want.err != "" {
						if version == "3.1" && c.want.err31 != "" {
							c.want.err = c.want.err31
						}
						if err == nil || !strings.Contains(err.Error(), c.want.err) {
							t.Fatalf("error: got %v, want %q", err, c.want.err)
						}
						return
					}
					if err != nil {
						t.Fatal(err)
					}
					if got := call.Headers.Get(":path"); got != c.want.path {
						t.Errorf("path: got %s, want %s", got, c.want.path)
					}
					if got := string(call.Body()); got != c.want.body {
						t.Errorf("body: got %s, want %s", got, c.want.body)
					}
					want := map[string]string{"authorization": auth}
					if c.want.contentType != "" {
						want["content-type"] = c.want.contentType
					}
					if c.want.accept != "" {
						want["accept"] = c.want.accept
					}
					for name, value := range c.want.headers {
						want[name] = value
					}
					for name, value := range want {
						if got := call.Headers.Get(name); got != value {
							t.Errorf("%s: got %q, want %q", name, got, value)
						}
					}
					if version != "2.0" && !c.want.disputed { // The judge reads documents of version 3.
						judge(t, path, call)
					}
				})
			}
		})
	}
}

// Nobody waits for YAML with many keys, in whose reading each is compared with all others.
func TestYAMLIsNotLookedInto(t *testing.T) {
	var keys strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&keys, "k%d: 1\n", i)
	}
	function, set, err := bound(t, compiledText(t, callWith(`requestBody: { content: { application/yaml: { schema: { type: string } }, `+
		`multipart/form-data: { schema: { type: object, properties: { a: { type: object } } } } } }`)), "call", nil, Options{Validate: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, contentType, body string }{
		{name: "as a body", contentType: "application/yaml; charset=utf-8", body: keys.String()},
		{
			name: "as a part of a form", contentType: "multipart/form-data; boundary=b",
			body: "--b\r\nContent-Disposition: form-data; name=a\r\nContent-Type: application/x-yaml\r\n\r\n" + keys.String() + "\r\n--b--\r\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := send(function, set, client{method: "POST", path: "/", body: c.body, headers: [][2]string{{"content-type", c.contentType}}})
			if err != nil {
				t.Errorf("error: got %v, want none", err)
			}
		})
	}
}

func TestErrorsAreFitForClients(t *testing.T) {
	doc := compiled(t, "testdata/petstore/petstore-3.0.yaml")
	function, set, err := bound(t, doc, "getPetById", map[string]string{"path": "/pets/{petId}"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = send(function, set, client{path: "/pets/seven"})
	var problem *plugins.Error
	if !errors.As(err, &problem) || problem.HTTPStatus() != 400 {
		t.Errorf("got %v, want a 400", err)
	}
}
