package sigv4

import "testing"

func TestCanonicalQuery(t *testing.T) {
	cases := map[string]string{
		"Param-3=Value3&Param=Value2&%E1%88%B4=Value1": "%E1%88%B4=Value1&Param=Value2&Param-3=Value3",
		"Param1=value2&Param1=Value1":                  "Param1=Value1&Param1=value2",
		"Param1=Value2&param1=Value1&Param1=value1":    "Param1=Value2&Param1=value1&param1=Value1",
		"a%=100%&b=%zz": "a%25=100%25&b=%25zz",
	}
	for query, want := range cases {
		if got := canonicalQuery(query); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
}
