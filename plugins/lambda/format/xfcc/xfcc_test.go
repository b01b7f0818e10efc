package xfcc_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/plugins/lambda/format/xfcc"
)

func TestCertificates(t *testing.T) {
	cases := map[string]struct {
		value string
		want  []string
	}{
		"nothing":                   {"", nil},
		"no certificate":            {`By=spiffe://a;Hash=ab12;Subject="CN=a,O=b";URI=spiffe://c`, nil},
		"quoted":                    {`Hash=ab12;Cert="-----BEGIN%0Aa%2Bb%3D%0A";Subject="CN=a"`, []string{"-----BEGIN\na+b=\n"}},
		"not quoted":                {`Cert=a%20b;Hash=1`, []string{"a b"}},
		"a plus is no space":        {`Cert=a+b`, []string{"a+b"}},
		"keys know no case":         {`CERT=a;chain=b`, []string{"a", "b"}},
		"several elements":          {`Hash=1;Cert="a",Hash=2,By=x;Cert="b";Chain="c"`, []string{"a", "b", "c"}},
		"space between elements":    {`Cert="a", Cert="b"; Cert=c`, []string{"a", "b", "c"}},
		"separators in quotes":      {`Subject="CN=x;Cert=no,Cert=no",Cert="y;z,w"`, []string{"y;z,w"}},
		"quotes in quotes":          {`Subject="CN=\"x\",Cert=no";Cert="y\"z\\"`, []string{`y"z\`}},
		"an open quote":             {`Cert="a;Cert=b`, []string{"a;Cert=b"}},
		"an open quote before it":   {`Subject="a;Cert=b`, nil},
		"a backslash at the end":    {`Cert="a\`, []string{`a\`}},
		"a broken escape":           {`Cert=a%2,Cert=b`, []string{"b"}},
		"more behind the quotes":    {`Cert="a"b;Cert=c`, []string{"ab", "c"}},
		"a key without a value":     {`Cert;Cert=;By,Cert=a`, []string{"a"}},
		"separators alone":          {`,;=;,==`, nil},
		"an equals sign in a value": {`Cert=a=b`, []string{"a=b"}},
		"JSON":                      {`[{"hash":"1","cert":"a\nb"},{"by":["x"],"cert":"c","chain":["d","e"]}]`, []string{"a\nb", "c", "d", "e"}},
		"JSON without certificates": {`[{"hash":"1"}]`, nil},
		"an empty list":             {`[]`, nil},
		"JSON of another kind":      {`[{"cert":7}]`, nil},
		"broken JSON":               {`[{"cert":"a"}`, nil},
		"brackets around nothing":   {`[Cert=a]`, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := slices.Collect(xfcc.Certificates(c.value)); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestCertificatesCanBeLeft(t *testing.T) {
	for _, value := range []string{`Cert=a,Cert=b`, `[{"cert":"a","chain":["b"]}]`} {
		for text := range xfcc.Certificates(value) {
			if text != "a" {
				t.Errorf("%s: got %q, want a alone", value, text)
			}
			break
		}
	}
}

// FuzzCertificates writes a certificate as Envoy does, behind whatever a client has sent that leaves no quote open, and
// looks for it.
func FuzzCertificates(f *testing.F) {
	f.Add("By=x;Hash=1", "-----BEGIN CERTIFICATE-----\nMII+/=\n-----END CERTIFICATE-----\n")
	f.Add(`Subject="a\"b"`, `"`)
	f.Add(`[{"cert":"x"}]`, `\`)
	f.Add(`Cert="`, "x")
	f.Fuzz(func(t *testing.T, before, text string) {
		for range xfcc.Certificates(before) { // Whatever it is, it is read.
			continue
		}
		if text == "" || strings.ContainsAny(before, `"[`) {
			return
		}
		value := before + `,Hash=1;Cert="` + url.PathEscape(text) + `";Subject="CN=a"`
		if !slices.Contains(slices.Collect(xfcc.Certificates(value)), text) {
			t.Errorf("%q is not found in %q", text, value)
		}
		list, _ := json.Marshal([]map[string]string{{"cert": text}})
		var clean string
		quoted, _ := json.Marshal(text)
		_ = json.Unmarshal(quoted, &clean)
		if got := slices.Collect(xfcc.Certificates(string(list))); !slices.Equal(got, []string{clean}) {
			t.Errorf("JSON: got %q, want %q", got, clean)
		}
	})
}
