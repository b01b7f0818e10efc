package xmltext

import (
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

// utf16Of is a text in UTF-16, the higher byte first if big.
func utf16Of(text string, big bool) string {
	var out strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		high, low := byte(unit>>8), byte(unit&0xff)
		if !big {
			high, low = low, high
		}
		out.WriteByte(high)
		out.WriteByte(low)
	}
	return out.String()
}

func TestDecode(t *testing.T) {
	const declaration = `<?xml version="1.0" encoding="UTF-16"?>`
	cases := []struct{ name, document, contentType, want string }{
		{"UTF-8", "<a>é</a>", "", "<a>é</a>"},
		{"UTF-8 that says so", `<?xml version="1.0" encoding="utf-8"?><a>é</a>`, "text/xml; charset=UTF-8", `<?xml version="1.0" encoding="utf-8"?><a>é</a>`},
		{"UTF-8 with a byte order mark", "\xef\xbb\xbf<a>é</a>", "", "<a>é</a>"},
		{"a byte order mark counts more than the content type", "\xef\xbb\xbf<a>é</a>", "text/xml; charset=iso-8859-1", "<a>é</a>"},
		{"UTF-16, the higher byte first", "\xfe\xff" + utf16Of("<a>é😀</a>", true), "", "<a>é😀</a>"},
		{"UTF-16, the lower byte first", "\xff\xfe" + utf16Of(declaration+"<a>é😀</a>", false), "application/xml", declaration + "<a>é😀</a>"},
		{"UTF-16 by the content type", "\xff\xfe" + utf16Of("<a>é</a>", false), "text/xml; charset=utf-16", "<a>é</a>"},
		{"UTF-16 without a mark", utf16Of(declaration+"<a>é</a>", false), "", declaration + "<a>é</a>"},
		{"UTF-16 without a mark, the higher byte first", utf16Of("<a>é</a>", true), "text/xml; charset=utf-16be", "<a>é</a>"},
		{"what is not UTF-16, although it says so", declaration + "<a>é</a>", "", declaration + "<a>é</a>"},
		{"the content type tells", "<a>\xe9</a>", "text/xml; charset=ISO-8859-1", "<a>é</a>"},
		{"the content type in quotes", "<a>\xe9</a>", `application/soap+xml; action="x"; charset="iso-8859-1"`, "<a>é</a>"},
		{"the document tells", "<?xml version='1.0' encoding='ISO-8859-1' ?><a>\xe9</a>", "text/xml", "<?xml version='1.0' encoding='ISO-8859-1' ?><a>é</a>"},
		{"the content type counts more than the document", `<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>`, "text/xml; charset=utf-8", `<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>`},
		{"ISO-8859-1 is windows-1252", "<a>\x80</a>", "text/xml; charset=iso-8859-1", "<a>€</a>"},
		{"two bytes", "<a>\x93\xfa\x96{</a>", "text/xml; charset=Shift_JIS", "<a>日本</a>"},
		{"an encoding that nobody knows", "<a/>", "text/xml; charset=x-unknown", "error: not one of the web"},
		{"an encoding that is not for the web", "<a/>", "text/xml; charset=hz-gb-2312", "error: not one of the web"},
		{"UTF-32", "<a/>", "text/xml; charset=utf-32", "error: not one of the web"},
		{"a broken content type", "<a>é</a>", "text/xml; charset", "<a>é</a>"},
		{"half a character of two bytes", "<a>\x93</a>", "text/xml; charset=Shift_JIS", "error: mean nothing in shift_jis"},
		{"half a character of UTF-16", "\xfe\xff\x00<\x00", "", "error: within a character"},
		{"half a surrogate pair", "\xfe\xff\xd8\x3d\x00<", "", "error: half a character"},
		{"half a surrogate pair at the end", "\xfe\xff\xd8\x3d", "", "error: half a character"},
		{"the lower half alone", "\xfe\xff\xdc\x00\x00<", "", "error: half a character"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := Decode([]byte(c.document), c.contentType)
			if problem, wanted := strings.CutPrefix(c.want, "error: "); wanted {
				if err == nil || !strings.Contains(err.Error(), problem) {
					t.Errorf("got %q, %v, want %s", got, err, c.want)
				}
				return
			}
			if err != nil || string(got) != c.want {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
			if err := Check(got); err != nil {
				t.Errorf("it cannot be read: %v", err)
			}
		})
	}
}

func TestCheckUTF8(t *testing.T) {
	cases := []struct{ name, document, want string }{
		{"no declaration", "<a>é</a>", ""},
		{"no encoding", `<?xml version="1.0"?><a>é</a>`, ""},
		{"UTF-8", `<?xml version="1.0" encoding="utf-8" standalone='yes'?><a>é</a>`, ""},
		{"another name of it", `<?xml version="1.0" encoding="UTF8"?><a>é</a>`, ""},
		{"an encoding as text", `<a>&lt;?xml encoding="latin1"?></a>`, ""},
		{"another", `<?xml version='1.0' encoding = 'ISO-8859-1'?><a>é</a>`, `in "ISO-8859-1", but it leaves in UTF-8`},
		{"UTF-16", "<?xml version='1.0'\n\tencoding='UTF-16LE'?><a>é</a>", `in "UTF-16LE"`},
		{"ASCII, in which not all values can be written", `<?xml version="1.0" encoding="us-ascii"?><a/>`, `in "us-ascii"`},
		{"one that nobody knows", `<?xml version="1.0" encoding="x"?><a/>`, `in "x"`},
		{"no XML", `<?xml version="1.0" encoding="utf-8"?><a>`, "no end"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := CheckUTF8([]byte(c.document))
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// FuzzDecode looks for documents that grow beyond what is promised, or become what is not UTF-8.
func FuzzDecode(f *testing.F) {
	for _, label := range []string{"", "utf-16", "iso-8859-1", "shift_jis", "gb18030", "big5", "iso-2022-jp", "euc-kr", "koi8-r", "x-user-defined"} {
		f.Add([]byte("<a>\x80\xff\x1b$B</a>"), label)
		f.Add([]byte("\xff\xfe<\x00a\x00"), label)
	}
	f.Fuzz(func(t *testing.T, document []byte, label string) {
		got, err := Decode(document, "text/xml; charset="+label)
		if err != nil {
			return
		}
		if len(got) > 3*len(document) {
			t.Fatalf("%d bytes have become %d", len(document), len(got))
		}
		if Check(got) == nil && !utf8.Valid(got) {
			t.Fatalf("%q is not UTF-8", got)
		}
	})
}
