package xpath

import (
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
		{"more nodes than there may be", "<a>" + strings.Repeat("<b/>", maxNodes) + "</a>", "too many"},
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

// hostile are expressions that take long on documents that someone has made for them.
var hostile = []struct{ name, expression, document string }{
	{"all ancestors of all", "//*/ancestor::*/descendant::*", strings.Repeat("<a>", 999) + strings.Repeat("</a>", 999)},
	{"all that precedes all", "count(//*/preceding::*)", "<a>" + strings.Repeat("<b/>", 50000) + "</a>"},
	{"counting siblings", "//*[count(preceding-sibling::*) mod 2 = 0]", "<a>" + strings.Repeat("<b/>", 50000) + "</a>"},
	{"the text of each element in a deep one", "//*[string() = 'b']", strings.Repeat("<a>", 999) + strings.Repeat("x", 1<<20) + strings.Repeat("</a>", 999)},
	{"brackets in brackets", "//*[.//*[.//*[.//*]]]", strings.Repeat("<a><b/>", 900) + strings.Repeat("</a>", 900)},
	{"all to all", "//*[. = //*]", "<a>" + strings.Repeat("<b>1</b><b>2</b>", 20000) + "</a>"},
	{"a long text, again and again", "//b[contains(/a/@t, .)]", `<a t="` + strings.Repeat("x", 1<<19) + `">` + strings.Repeat("<b>y</b>", 10000) + "</a>"},
	{"many attributes", "//@*/preceding::node()", "<a>" + strings.Repeat(`<b c="" d="" e="" f=""/>`, 20000) + "</a>"},
	{"what follows attributes", "//@*/following::x", "<a " + attributes(20000) + "/>"},
	{"declarations", "//*", "<a " + strings.ReplaceAll(attributes(20000), "a", "xmlns:a") + ">" + strings.Repeat("<ai1:b/>", 50000) + "</a>"},
	{"CDATA sections", "string(/)", "<a>" + strings.Repeat("<![CDATA[a]]>", 80000) + "</a>"},
	{"tags over several lines", "//@*", "<a>" + strings.Repeat("<b\nc='\n'/>", 80000) + "</a>"},
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
			d.steps = maxSteps - maxSteps/16 // As if others had read it before.
			if r, err := x.Evaluate(d); err == nil {
				_, _ = r.Texts(r.Count())
			}
			// Steps are counted before a piece of work is done, so the last may go beyond.
			if d.steps > 2*maxSteps {
				t.Errorf("got %d steps, want about %d at most", d.steps, maxSteps)
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
			b.ReportAllocs()
			for b.Loop() {
				d, err := Parse([]byte(h.document), "text/xml")
				if err != nil {
					b.Fatal(err)
				}
				if r, err := x.Evaluate(d); err == nil {
					_, _ = r.Texts(r.Count())
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
