package xpath

import (
	"errors"
	"strconv"
	"strings"
	"testing"
)

// Where libxml2 departs from the recommendation, and what our own rules are.
func TestEvaluate(t *testing.T) {
	const plain = `<a b="1"><c>2</c>x</a>`
	cases := []struct{ name, document, expression, want string }{
		{"the content of an attribute's element follows it", plain, "//@b/following::node()", `["2","2","x"]`},
		{"a number has all its digits", plain, "string(1 div 3)", `"0.3333333333333333"`},
		{"a number has no exponent", plain, "string(0.0000000001)", `"0.0000000001"`},
		{"a text with an exponent is no number", plain, "number('1e3')", `{"number":"NaN"}`},
		{"less than a half is rounded down", plain, "round(0.49999999999999994)", `{"number":"0"}`},
		{"a number of many digits that is kept", plain, "string(100000000000000000000)", `"100000000000000000000"`},
		{"the text of the document", plain, "string(/)", `"2x"`},
		{"a name without a prefix in a default namespace", `<a xmlns="urn:a"><b/>x</a>`, "string(/a)", `"x"`},
		{"a prefix that is not declared in the document", plain, "count(//s:a)", `{"number":"0"}`},
		{"a prefix is what the document says", `<p:a xmlns:p="urn:a" xmlns:q="urn:a"><q:b/></p:a>`, "count(//p:*)", `{"number":"1"}`},
		{"a declaration is no attribute", `<a xmlns="urn:a" xmlns:b="urn:b" b:c="1"/>`, "count(//@*)", `{"number":"1"}`},
		{"the declaration is no processing instruction", `<?xml version="1.0"?><a/>`, "count(//processing-instruction())", `{"number":"0"}`},
		{"an empty CDATA section is no text", `<a><![CDATA[]]></a>`, "count(//text())", `{"number":"0"}`},
		{"text around a CDATA section is one text", `<a>1<![CDATA[2]]>3</a>`, "//text()", `["123"]`},
		{"a line break in an attribute is a space", "<a b='x\r\n\ty'/>", "string(/a/@b)", `"x  y"`},
		{"a reference to a line break in an attribute is none", `<a b="x&#13;&#10;y"/>`, "string(/a/@b)", `"x\r\ny"`},
		{"a line break in a text is a line feed", "<a>x\r\ny\rz</a>", "string(/a)", `"x\ny\nz"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := evaluated(t, c.expression, c.document); got != c.want {
				t.Errorf("%s: got %s, want %s", c.expression, got, c.want)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	cases := []struct{ name, expression, want string }{
		{"nothing", ``, "something is missing at the end"},
		{"a step that is missing", `/a/`, "something is missing at the end"},
		{"a bracket that is missing", `a[1`, "something is missing at the end"},
		{"a bracket too many", `a]`, `"]" cannot stand at character 2`},
		{"a quote that is missing", `a['b]`, "has no end"},
		{"two names", `a b`, "an operator is missing"},
		{"a variable", `$a`, "there are no variables"},
		{"the namespace axis", `namespace::*`, "the axis namespace is not there"},
		{"an axis that nobody knows", `sibling::a`, `no axis "sibling"`},
		{"id()", `id('a')`, "no id()"},
		{"a function of XPath 2.0", `lower-case(a)`, `no function "lower-case"`},
		{"a node type of XPath 2.0", `child::element()`, `no node type "element"`},
		{"not enough values", `contains(a)`, "does not take 1 values"},
		{"too many values", `count(a, b)`, "does not take 2 values"},
		{"a text in place of nodes", `count('a')`, "takes a set of nodes, not a text"},
		{"a sum of a number", `sum(1)`, "takes a set of nodes, not a number"},
		{"a union with a number", `a | 1`, "not a set of nodes with a number"},
		{"brackets behind a text", `'a'[1]`, "brackets follow sets of nodes"},
		{"a slash behind a number", `count(a)/b`, "a slash follows sets of nodes"},
		{"a number that cannot be kept", `a = 9007199254740993`, "too large a number"},
		{"what is nested too deeply", strings.Repeat("(", 200) + "a" + strings.Repeat(")", 200), "nested too deeply"},
		{"what is not UTF-8", "'\xff'", "not valid UTF-8"},
		{"what XPath does not have", `a ! b`, "cannot stand there"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Compile(c.expression)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: got %v, want %q", c.expression, err, c.want)
			}
		})
	}
}

// A number that a float64 would round is an error, not another number.
func TestNumbersAreKeptOrRefused(t *testing.T) {
	const document = `<a><n>9007199254740993</n><n>9007199254740991</n><n>1</n><n>9007199254740993.5</n></a>`
	for _, expression := range []string{
		"number(//n)", "sum(//n)", "//n[1] + 0", "//n[2] + //n[3]", "//n[2] * 2", "//n[1] = 1", "//n > 5", "number(//n[4])",
		"sum(//n[2] | //n[3])", "string(number(//n))", "//n[number() = 2]",
	} {
		t.Run(expression, func(t *testing.T) {
			if got := evaluated(t, expression, document); !strings.HasPrefix(got, "error: XPath: a number") {
				t.Errorf("got %s, want an error", got)
			}
		})
	}
}

func TestDocumentsThatAreRefused(t *testing.T) {
	cases := []struct{ name, document, want string }{
		{"nothing", ``, "one root element"},
		{"no element", `<!-- a -->`, "one root element"},
		{"two roots", `<a/><b/>`, "one root element"},
		{"text behind the root", `<a/>b`, "text outside"},
		{"an element without an end", `<a><b></b>`, "the element a has no end"},
		{"an end of another element", `<a></b>`, "ends where it has not begun"},
		{"an end too many", `<a/></a>`, "ends where it has not begun"},
		{"ends in the wrong order", `<a><b></a></b>`, "ends where it has not begun"},
		{"a document type", `<!DOCTYPE a><a/>`, "document type"},
		{"an entity", `<a>&b;</a>`, "entity"},
		{"an attribute twice", `<a b="" b=""/>`, "is there twice"},
		{"an attribute twice by its namespace", `<a xmlns:p="u" xmlns:q="u" p:b="" q:b=""/>`, "is there twice"},
		{"a prefix that is not declared", `<a:b/>`, "not declared"},
		{"a prefix behind its element", `<a><b xmlns:p="u"/><p:c/></a>`, "not declared"},
		{"a prefix of an attribute that is not declared", `<a b:c=""/>`, "not declared"},
		{"a prefix declared twice", `<a xmlns:p="u" xmlns:p="v"/>`, "declared twice"},
		{"a prefix declared as nothing", `<a xmlns:p=""/>`, "not allowed"},
		{"the prefix xml for something else", `<a xmlns:xml="u"/>`, "cannot be declared so"},
		{"a name of three parts", `<a:b:c xmlns:a="u"/>`, ""},
		{"a declaration that comes late", `<a/><?xml version="1.0"?>`, "at the beginning"},
		{"too deep", strings.Repeat("<a>", 1001) + strings.Repeat("</a>", 1001), "nested too deeply"},
		{"bytes that are not UTF-8", "<a>\xff</a>", "UTF-8"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Parse([]byte(c.document), ""); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// The bound on nodes is a parameter here, as a document that reaches the real one takes long to read.
func TestMoreNodesThanThereMayBe(t *testing.T) {
	for _, c := range []struct {
		name, document string
		refused        bool
	}{
		{"as many as there may be", `<a b=""><c/>d<!--e--><?f?></a>`, false},
		{"an element more", `<a b=""><c/>d<!--e--><?f?><g/></a>`, true},
		{"an attribute more", `<a b="" g=""><c/>d<!--e--><?f?></a>`, true},
		{"a text more", `<a b=""><c/>d<!--e--><?f?>g</a>`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			const most = 7 // The root of all is one as well.
			_, err := parse([]byte(c.document), "", most)
			if got := errors.Is(err, errTooManyNodes); got != c.refused {
				t.Errorf("got %v, want a refusal: %t", err, c.refused)
			}
		})
	}
}

// hostile are expressions that take long on documents that someone has made for them, of 100 KB each.
var hostile = []struct{ name, expression, document string }{
	{"all ancestors of all", "//*/ancestor::*/descendant::*", nested("<b/>")},
	{"all that precedes all", "count(//*/preceding::*)", filled("<b/>")},
	{"all that follows all", "count(//*/following::*)", filled("<b/>1")},
	{"counting siblings", "//*[count(preceding-sibling::*) mod 2 = 0]", filled("<b/>")},
	{"the text of each element in a deep one", "//*[string() = 'b']", nested("x")},
	{"the text of each element, many pieces", "//*[string() = 'b']", nested("<b/>1")},
	{"brackets in brackets", "//*[.//*[.//*[.//*]]]", nested("<b/>")},
	{"all to all", "//*[. = //*]", filled("<b>1</b><b>2</b>")},
	{"all to all, the other way round", "//*[//* = .]", numbered()},
	{"many to many", "//b[/a/b[position() mod 2 = 0] = /a/b[position() mod 2 = 1]]", numbered()},
	{"all numbers", "//*[sum(//*) = 3]", numbered()},
	{"the least of all", "//*[//* < .]", numbered()},
	{"a long text, again and again", "//b[contains(/a/@t, .)]", `<a t="` + strings.Repeat("x", 60_000) + `">` + strings.Repeat("<b>y</b>", 5000) + "</a>"},
	{"each character of a long text", "//b[translate(/a/@t, 'x', 'y') = .]", `<a t="` + strings.Repeat("x", 60_000) + `">` + strings.Repeat("<b>y</b>", 5000) + "</a>"},
	{"each character of a table", "//b[translate(., /a/@t, 'y') = 'z']", `<a t="` + strings.Repeat("x", 60_000) + `">` + strings.Repeat("<b>y</b>", 5000) + "</a>"},
	{"the words of a long text", "//b[normalize-space(/a/@t) = .]", `<a t="` + strings.Repeat("x ", 30_000) + `">` + strings.Repeat("<b>y</b>", 5000) + "</a>"},
	{"many attributes", "//@*/preceding::node()", filled(`<b c="" d="" e="" f=""/>`)},
	{"what follows attributes", "//@*/following::x", "<a " + attributes(9000) + "/>"},
	{"declarations", "//*", "<a " + strings.ReplaceAll(attributes(3000), "a", "xmlns:a") + ">" + strings.Repeat("<ai1:b/>", 7000) + "</a>"},
	{"CDATA sections", "string(/)", filled("<![CDATA[a]]>")},
	{"tags over several lines", "//@*", filled("<b\nc='\n'/>")},
}

const hostileSize = 100_000

// filled is an element that is full of something.
func filled(with string) string {
	return "<a>" + strings.Repeat(with, (hostileSize-len("<a></a>"))/len(with)) + "</a>"
}

// nested are as many elements in each other as there may be, and something in the last.
func nested(with string) string {
	const depth = 999
	return strings.Repeat("<a>", depth) + strings.Repeat(with, (hostileSize-depth*len("<a></a>"))/len(with)) + strings.Repeat("</a>", depth)
}

// numbered are elements of which none has the same text as another.
func numbered() string {
	var out strings.Builder
	out.WriteString("<a>")
	for i := range hostileSize / len("<b>1234</b>") {
		out.WriteString("<b>" + strconv.Itoa(i) + "</b>")
	}
	return out.String() + "</a>"
}

func attributes(count int) string {
	var out strings.Builder
	for i := range count {
		out.WriteString("a")
		out.WriteString(strings.Repeat("i", i%7))
		out.WriteString(formatNumber(float64(i)))
		out.WriteString("='u' ")
	}
	return out.String()
}

// No body keeps a worker busy for long: BenchmarkHostile tells for how long.
func TestHostileDocuments(t *testing.T) {
	for _, h := range hostile {
		t.Run(h.name, func(t *testing.T) {
			x, err := Compile(h.expression)
			if err != nil {
				t.Fatal(err)
			}
			d, err := Parse([]byte(h.document), "text/xml")
			if err != nil {
				t.Fatal(err)
			}
			if want := 2_000_000; d.left > want {
				t.Errorf("got %d steps for %d bytes, want %d at most", d.left, len(h.document), want)
			}
			if r, err := x.Evaluate(d); err == nil {
				_, _ = r.Texts(r.Count())
			}
			// The work that is counted last may go beyond, by as much as one look at the whole document.
			if want := -4 * len(h.document); d.left < want {
				t.Errorf("got %d steps too many, want %d at most", -d.left, -want)
			}
		})
	}
}

// A document can be gone through several times, whatever its size.
func TestBudget(t *testing.T) {
	cases := []struct {
		name        string
		nodes, size int
		want        int
	}{
		{"a small document", 10, 100, 500_350},
		{"a document of 100 KB", 40_000, 100_000, 1_150_000},
		{"a large document", maxNodes, 4 * maxNodes, 4_000_000},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := budget(c.nodes, c.size); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

func BenchmarkHostile(b *testing.B) {
	for _, h := range hostile {
		b.Run(h.name, func(b *testing.B) {
			x, err := Compile(h.expression)
			if err != nil {
				b.Fatal(err)
			}
			d, err := Parse([]byte(h.document), "text/xml")
			if err != nil {
				b.Fatal(err)
			}
			left := d.left
			b.ReportAllocs()
			for b.Loop() {
				d.left = left
				if r, err := x.Evaluate(d); err == nil {
					_, _ = r.Texts(r.Count())
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for _, h := range hostile {
		b.Run(h.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse([]byte(h.document), "text/xml"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEvaluate(b *testing.B) {
	document := []byte(`<order id="7">` + strings.Repeat(`<item n="1"><name>pen</name><price>1.50</price></item>`, 20) + `</order>`)
	for _, expression := range []string{"/order/@id", "//item[last()]/name", "count(//item)", "sum(//price)"} {
		b.Run(expression, func(b *testing.B) {
			x, err := Compile(expression)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				d, err := Parse(document, "")
				if err != nil {
					b.Fatal(err)
				}
				if _, err := x.Evaluate(d); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// FuzzEvaluate looks for expressions and documents that crash, take long, or break what is promised of results.
func FuzzEvaluate(f *testing.F) {
	documents := []string{`<a b="1"><!-- x --><c>2<![CDATA[3]]></c><?p q?></a>`, `<s:a xmlns:s="u" s:b=""><s:c xml:lang="en"/></s:a>`}
	for _, expression := range []string{
		"//a[1]/@b | //c", "sum(//@*) + count(/)", "//c[last()]/preceding::*[position() < 2]", "substring(/a, -1, 1 div 0)",
		"translate(//a, 'a', '')", "//s:*[lang('en')]/ancestor-or-self::node()", "- - 1 = (//a)[1]/c", "* * div div mod",
	} {
		for _, document := range documents {
			f.Add(expression, document)
		}
	}
	f.Fuzz(func(t *testing.T, expression, document string) {
		x, err := Compile(expression)
		if err != nil {
			return
		}
		d, err := Parse([]byte(document), "text/xml")
		if err != nil {
			return
		}
		r, err := x.Evaluate(d)
		if err != nil {
			return
		}
		for i := 1; i < len(r.nodes); i++ {
			if r.nodes[i-1] >= r.nodes[i] {
				t.Fatalf("%s: nodes are not in order: %v", expression, r.nodes)
			}
		}
		if r.Kind() != x.root.kind() {
			t.Fatalf("%s: got %s, want %s", expression, r.Kind(), x.root.kind())
		}
	})
}
