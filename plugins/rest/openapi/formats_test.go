package openapi

import "testing"

// Values of each format, from the RFCs and from JSON Schema's own test suite. `only31` are formats that are not checked in 3.0.
func TestFormats(t *testing.T) {
	cases := []struct {
		format      string
		only31      bool
		right       []string
		wrong       []string
		neverWanted bool // it is not checked, so that nothing is wrong
	}{
		{
			format: "date-time",
			right: []string{
				"1963-06-19T08:30:06.283185Z", "1985-04-12t23:20:50.52z", "1990-12-31T23:59:60Z", "1990-12-31T15:59:60.123-08:00", "1937-01-01T12:00:27.87+00:20",
				"2026-11-28T10:00:00.123456789012Z",
			},
			wrong: []string{
				"1998-12-31T23:58:60Z", "1990-02-31T15:59:59.123-08:00", "1963-06-19T1:30:06Z", "1963-06-19T08:30:06,5Z", "1963-06-19 08:30:06Z", "1963-06-19T08:30:06",
				"2026-11-28T10:00:00+2:00", "2026-11-28T24:00:00Z", "",
			},
		},
		{format: "date", right: []string{"1963-06-19", "2024-02-29"}, wrong: []string{"2023-02-29", "06/19/1963", "1998-1-20", "1998-01-1", "20230328", "1963-06-1\u09ea"}},
		{format: "time", only31: true, right: []string{"08:30:06Z", "23:59:60Z", "08:30:06.283185+00:20"}, wrong: []string{"08:30:06", "8:30:06Z", "22:59:60Z", "08:30:06 PST"}},
		{
			format: "uuid",
			right:  []string{"0191d3a2-6f5b-7c3e-9a41-5d6b1c0f2e77", "2EB8AA08-AA98-11EA-B4AA-73B441D16380", "98d80576-482e-427f-8434-7f86890ab222", "99c17cbb-656f-664a-940f-1a4568f03487", "00000000-0000-0000-0000-000000000000"},
			wrong:  []string{"2eb8aa08-aa98-11ea-b4aa-73b441d1638", "2eb8aa08aa9811eab4aa73b441d16380", "{2eb8aa08-aa98-11ea-b4aa-73b441d16380}", "2eb8aa08-aa98-11ea-b4aa73b441d16380-"},
		},
		{
			format: "uri", only31: true,
			right: []string{"http://foo.bar/?baz=qux#quux", "urn:oasis:names:specification:docbook:dtd:xml:4.1.2", "mailto:John.Doe@example.com", "ldap://[2001:db8::7]/c=GB?objectClass?one"},
			wrong: []string{"//foo.bar/?baz=qux#quux", "/abc", `\\WINDOWS\fileshare`, "abc", "http:// shouldfail.com", "bar,baz:/foo", "http://example.com/<a>", "http://[::1"},
		},
		{format: "uri-reference", only31: true, right: []string{"/abc", "abc", "#fragment", "http://example.com/a?b"}, wrong: []string{`\\WINDOWS\fileshare`, `#frag\ment`, "/a b", "<"}},
		{
			format: "email",
			right: []string{
				"joe.bloggs@example.com", "te~st@example.com", "~test@example.com", "te.s.t@example.com", `"joe bloggs"@example.com`, `"joe..bloggs"@example.com`,
				`"joe\"@bloggs"@example.com`, "joe@[127.0.0.1]", "joe@[IPv6:::1]", "joe@localhost", "jörg@bücher.example",
			},
			wrong: []string{"2962", ".test@example.com", "test.@example.com", "te..st@example.com", "joe.bloggs@invalid=domain.com", "joe@[127.0.0.300]", "Joe <joe@example.com>", `"joe@example.com`, "joe@", "@example.com", "a b@example.com", "joe@-a.com"},
		},
		{
			format: "hostname", only31: true,
			right: []string{"www.example.com", "xn--4gbwdl.xn--wgbh1c", "hostname", "1host", "host-name"},
			wrong: []string{"-bad-host", "bad-", "not_a_host", "a..b", "", "a.b c"},
		},
		{format: "ipv4", right: []string{"192.168.0.1", "0.0.0.0"}, wrong: []string{"127.0.0.0.1", "256.256.256.256", "127.0", "0x7f000001", "2130706433", "087.10.0.1", "192.168.1.0/24", "::ffff:1.2.3.4", "1২7.0.0.1"}},
		{format: "ipv6", right: []string{"::1", "::abef", "::ffff:192.168.0.1", "1:2:3:4:5:6:7:8", "1::d6:192.168.0.1"}, wrong: []string{"12345::", "1:1:1:1:1:1:1:1:1", "::laptop", "fe80::a%eth1", "::1/64", "127.0.0.1", "1:2:3:4:5:::8"}},
		{format: "json-pointer", only31: true, right: []string{"", "/foo/bar~0/baz~1/%a", "/"}, wrong: []string{"/foo/bar~", "foo", "/~2", "#"}},
		{format: "byte", neverWanted: true, right: []string{"aGVsbG8=", "aGVsbG8", "_-8", "no base64!"}},
		{format: "duration", neverWanted: true, right: []string{"P4DT12H30M5S", "PT0.5S", "P1Y2D", "soon"}},
		{format: "uri-template", neverWanted: true, right: []string{"http://example.com/{term:1}/{+path}", "{"}},
		{format: "iri", neverWanted: true, right: []string{"http://ƒøø.ßår/?∂éœ=πîx#πîüx", "x"}},
		{format: "relative-json-pointer", neverWanted: true, right: []string{"1", "0#", "0-1/a"}},
		{format: "password", neverWanted: true, right: []string{"x"}},
		{format: "phone", neverWanted: true, right: []string{"x"}},
	}
	check := func(t *testing.T, version, format, value string, want bool) {
		t.Helper()
		err := checked(t, version, `{ type: string, format: `+format+` }`, "", quote(value))
		if got := err == nil; got != want {
			t.Errorf("%s: %q: got %v (%v), want %v", version, value, got, err, want)
		}
	}
	for _, c := range cases {
		t.Run(c.format, func(t *testing.T) {
			for _, version := range bothVersions {
				for _, value := range c.right {
					check(t, version, c.format, value, true)
				}
				for _, value := range c.wrong {
					check(t, version, c.format, value, c.only31 && version == "3.0.3")
				}
			}
			if c.neverWanted && len(c.wrong) > 0 {
				t.Error("the case says that nothing is wrong, and what is")
			}
		})
	}
}

// A parameter and a field of a form have the same formats as a member of a body.
func TestFormatsEverywhere(t *testing.T) {
	const id = "0191d3a2-6f5b-7c3e-9a41-5d6b1c0f2e77"
	for _, version := range bothVersions {
		body := `{ content: { application/x-www-form-urlencoded: { schema: { type: object, properties: { id: { type: string, format: uuid } } } } } }`
		if err := validated(t, version, body, "", formType, "id="+id); err != nil {
			t.Errorf("%s: %v", version, err)
		}
		if err := validated(t, version, body, "", formType, "id=x"); err == nil {
			t.Errorf("%s: got no error", version)
		}
	}
}
