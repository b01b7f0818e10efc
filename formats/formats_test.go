package formats_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/funcroute/funcroute/formats"
)

// Most of these texts are those of JSON Schema's own test suite, and the examples of the RFCs.
func TestFormats(t *testing.T) {
	tables := []struct {
		name          string
		is            func(string) bool
		right, others []string
	}{
		{
			name: "DateTime", is: formats.DateTime,
			right: []string{
				"1963-06-19T08:30:06.283185Z", "1963-06-19T08:30:06Z", "1937-01-01T12:00:27.87+00:20", "1990-12-31T15:59:50.123-08:00",
				"1998-12-31T23:59:60Z", "1998-12-31T15:59:60.123-08:00", "1963-06-19t08:30:06.283185z", "2026-03-01T00:00:00-00:00",
				"2024-02-29T12:00:00Z", "2000-02-29T12:00:00Z", "0000-01-01T00:00:00Z", "2026-03-01T12:00:00.123456789012345678901234567890Z",
				"2017-01-01T00:59:60+01:00",
			},
			others: []string{
				"", "1998-12-31T23:59:61Z", "1998-12-31T23:58:60Z", "1998-12-31T22:59:60Z", "1990-02-31T15:59:59.123-08:00", "1990-12-31T15:59:59-24:00",
				"1990-12-31T15:59:59+00:60", "06/19/1963 08:30:06 PST", "2013-350T01:01:01", "1963-6-19T08:30:06.283185Z", "1963-06-1T08:30:06.283185Z",
				"1963-06-1৪T00:00:00Z", "1963-06-11T0৪:00:00Z", "2026-03-01T1:00:00Z", "2026-03-01T12:00:00,5Z", "2026-03-01T12:00:00.Z",
				"2026-03-01 12:00:00Z", "2026-03-01T12:00:00", "2026-03-01T24:00:00Z", "2026-03-01T12:60:00Z", "2026-03-01T12:00:00+0100",
				"2026-03-01T12:00Z", "2026-03-01", "1900-02-29T00:00:00Z", "2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-03-00T00:00:00Z",
				"+2026-03-01T12:00:00Z", " 2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z ", "2026-03-01T12:00:00ZZ", "2026-03-01T12:00:00.5",
				"2017-01-01T00:59:60-01:00", "2026-03-01T12:00:00*01:00", "2026-03-01T12:00:00+01-00", "2026-03-01T12:00:00/",
			},
		},
		{
			name: "Date", is: formats.Date,
			right:  []string{"1963-06-19", "2020-01-31", "2020-02-29", "2021-02-28", "2026-04-30", "9999-12-31"},
			others: []string{"", "2021-02-29", "2026-04-31", "2020-13-01", "06/19/1963", "2013-350", "1998-1-20", "1998-01-1", "1963-06-1৪", "20230328", "2023-W03-2", "1963-06-20T00:00:00Z"},
		},
		{
			name: "Time", is: formats.Time,
			right: []string{"08:30:06Z", "23:59:60Z", "23:59:60+00:00", "01:29:60+01:30", "23:29:60+23:30", "15:59:60-08:00", "00:29:60-23:30", "23:20:50.52Z", "08:30:06z", "08:30:06+20:00"},
			others: []string{
				"", "008:030:006Z", "8:3:6Z", "22:59:60Z", "23:58:60Z", "23:59:60+01:00", "23:59:60-01:00", "24:00:00Z", "00:60:00Z", "00:00:61Z", "01:02:03+24:00",
				"01:02:03+00:60", "01:02:03Z+00:30", "08:30:06 PST", "01:01:01,1111", "12:00:00", "12:00:00.52", "1২:00:00Z", "08:30:06#00:20",
			},
		},
		{
			name: "UUID", is: formats.UUID,
			right: []string{
				"2EB8AA08-AA98-11EA-B4AA-73B441D16380", "2eb8aa08-aa98-11ea-b4aa-73b441d16380", "00000000-0000-0000-0000-000000000000",
				"98d80576-482e-427f-8434-7f86890ab222", "019a3b5c-7d8e-7f00-8a9b-0c1d2e3f4a5b", "ffffffff-ffff-ffff-ffff-ffffffffffff",
			},
			others: []string{
				"", "2eb8aa08-aa98-11ea-b4aa-73b441d1638", "2eb8aa08-aa98-11ea-73b441d16380", "2eb8aa08-aa98-11ea-b4ga-73b441d16380", "2eb8aa08aa9811eab4aa73b441d16380",
				"2eb8aa08aa98-11ea-b4aa73b441d16380", "{2eb8aa08-aa98-11ea-b4aa-73b441d16380}", "2eb8-aa08-aa98-11ea-b4aa73b44-1d16380",
			},
		},
		{
			name: "URI", is: formats.URI,
			right: []string{
				"ftp://ftp.is.co.za/rfc/rfc1808.txt", "http://www.ietf.org/rfc/rfc2396.txt", "ldap://[2001:db8::7]/c=GB?objectClass?one", "mailto:John.Doe@example.com",
				"news:comp.infosystems.www.servers.unix", "tel:+1-816-555-1212", "telnet://192.0.2.16:80/", "urn:oasis:names:specification:docbook:dtd:xml:4.1.2",
				"http://foo.bar/?q=Test%20URL-encoded%20stuff", "http://-.~_!$&'()*+,;=:%40:80%2f::::::@example.com", "http://[v1.fe80::a+en1]/", "http://a:/", "a:", "a+b.c-1:x",
				"file:///etc/hosts", "http://[::ffff:192.0.2.1]:80?x#y", "h://", "uuid://a@b", "a://b?/?#/?",
			},
			others: []string{
				"", "//foo.bar/?baz=qux#quux", "/abc", `\\WINDOWS\fileshare`, "abc", "http:// shouldfail.com", ":// should fail", "bar,baz:quux", "http://[1.2.3.4]/", "http://[::1%25lo]/",
				"http://[::1/", "http://[::1]x/", "http://a:8x/", "http://a/%zz", "http://a/%4", "http://a/%", "http://a/ b", "http://a/<b>", "http://a/{b}", "http://a/ä", "http://a/#b#c",
				"1a://b", "http://a@b@c/", "http://a/^", `http://a/"`, "http://a/\x00", "http://[v.x]/", "http://[v1.]/", "http://[vg.x]/", "http://a:b:c/", ":a", "http://a[b/", "a:[", "http://[v1.%41]/", "h://a?`",
			},
		},
		{
			name: "URIReference", is: formats.URIReference,
			right: []string{
				"", "http://foo.bar/?baz=qux#quux", "//foo.bar/?baz=qux#quux", "/abc", "abc", "#fragment", "?query", "../g", "./a:b", "g;x=1/./y", "a/b:c", "%41", "?a:b", "#a:b", "//", "///a",
				"urn:a:b", "/cloudevents/spec/pull/123", "mailto:cncf-wg-serverless@lists.cncf.io", "1-555-123-4567",
			},
			others: []string{`\\WINDOWS\fileshare`, "#frag\\ment", "/a b", "<", "1a:b", ":a", "a%4", "ä", "a|b", "/a\n", "%zz:b", "//a:b:c"},
		},
	}
	for _, table := range tables {
		t.Run(table.name, func(t *testing.T) {
			for _, text := range table.right {
				if !table.is(text) {
					t.Errorf("%q: got false, want true", text)
				}
			}
			for _, text := range table.others {
				if table.is(text) {
					t.Errorf("%q: got true, want false", text)
				}
			}
		})
	}
}

// reference is the regular expression of RFC 3986, appendix B, with the characters of appendix A in its parts.
var reference = func() *regexp.Regexp {
	const (
		letters = `[A-Za-z0-9\-._~!$&'()*+,;=`
		escape  = `|%[0-9A-Fa-f]{2})`
	)
	host := `(?:\[[^\]/?#@]*\]|(?:` + letters + `]` + escape + `*)`
	authority := `//(?:(?:` + letters + `:]` + escape + `*@)?` + host + `(?::[0-9]*)?(?:/(?:` + letters + `:@/]` + escape + `*)?`
	// A path without authority does not begin with two slashes.
	character := `(?:` + letters + `:@]` + escape
	path := `/?(?:` + character + `(?:` + letters + `:@/]` + escape + `*)?`
	query := `(?:` + letters + `:@/?]` + escape + `*`
	return regexp.MustCompile(`^(?:([A-Za-z][A-Za-z0-9+\-.]*):)?(?:` + authority + `|` + path + `)(?:\?` + query + `)?(?:#` + query + `)?$`)
}()

// wellFormed is the form of a date-time, with offsets in their range, which time.Parse does not look at.
var wellFormed = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

// The oracles are the RFC's own expressions, time.Parse where it keeps to the RFC, and the uuid package.
func FuzzFormats(f *testing.F) {
	for _, text := range []string{
		"2026-03-01T12:00:00.5+01:00", "1998-12-31T23:59:60Z", "http://u:p@[::1]:80/a%20b?c#d", "//a", "a:b", "1:b", "019a3b5c-7d8e-7f00-8a9b-0c1d2e3f4a5b", "http://[v1.x]",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, want := formats.UUID(text), len(text) == 36 && uuid.Validate(text) == nil; got != want {
			t.Errorf("UUID(%q): got %v, want %v", text, got, want)
		}
		// What time.Parse does differently: a comma, hours and offsets out of range, leap seconds, small letters.
		large := strings.ToUpper(text)
		_, err := time.Parse(time.RFC3339, large)
		if got := formats.DateTime(text); got && err != nil && !strings.Contains(large, ":60") {
			t.Errorf("DateTime(%q): got true, but time.Parse says %v", text, err)
		} else if !got && err == nil && wellFormed.MatchString(large) && len(large) == len(text) {
			t.Errorf("DateTime(%q): got false, but time.Parse takes it", text)
		}
		match := reference.FindStringSubmatch(text)
		if got := formats.URIReference(text); got && match == nil {
			t.Errorf("URIReference(%q): got true, but the RFC's expression does not match", text)
		} else if !got && match != nil && !strings.ContainsAny(text, "[") && (match[1] != "" || !colonFirst(text)) {
			t.Errorf("URIReference(%q): got false, but the RFC's expression matches", text)
		}
		if got, want := formats.URI(text), formats.URIReference(text) && match != nil && match[1] != ""; got != want {
			t.Errorf("URI(%q): got %v, want %v", text, got, want)
		}
	})
}

// colonFirst reports whether the first segment of a reference has a colon, which only a scheme may have.
func colonFirst(text string) bool {
	end := strings.IndexAny(text, ":/?#")
	return end >= 0 && text[end] == ':'
}

func TestNothingIsAllocated(t *testing.T) {
	got := testing.AllocsPerRun(100, func() {
		_ = formats.DateTime("1990-12-31T15:59:50.123-08:00")
		_ = formats.URIReference("http://u:p@[2001:db8::7]:80/a%20b?c#d")
		_ = formats.UUID("019a3b5c-7d8e-7f00-8a9b-0c1d2e3f4a5b")
	})
	if got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}
