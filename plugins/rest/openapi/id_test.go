package openapi

import (
	"strings"
	"testing"
)

// A schema with an `$id` somewhere in a document does not have references elsewhere cost more, or the document kept twice.
func TestSchemasWithIDsAreFoundOnce(t *testing.T) {
	const operations = 200
	text := strings.Replace(largeDocument(operations), `"openapi":"3.0.3"`,
		`"openapi":"3.1.0","x-a":{"$id":"https://a.example.com/x","$defs":{"b":{"$id":"y","$defs":{"c":{"$anchor":"z","type":"integer"}}}}}`, 1)
	doc := compiledText(t, text)
	before := len(doc.root.objects)
	doc.scanned.Do(doc.scan)
	if got := len(doc.root.objects); got != before {
		t.Errorf("members of %d objects are kept, want %d", got, before)
	}
	inner := doc.root.root().member("x-a").member("$defs").member("b").member("$defs").member("c").member("type")
	if got := doc.bases[doc.resource(inner).place()]; got != "https://a.example.com/y" {
		t.Errorf("the innermost schema: got %q", got)
	}
	if got := doc.resource(doc.root.root().member("paths")); got.place() != doc.root.root().place() {
		t.Errorf("beside the schemas: got %s", got.where())
	}
}
