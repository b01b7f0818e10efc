package abi

import (
	"slices"
	"testing"
)

// What another filter has written in the place of headers that were kept does no harm.
func TestUnpackHeaders(t *testing.T) {
	want := [][2]string{{":path", "/a"}, {"empty", ""}, {"cookie", "x"}}
	var packed []byte
	var ends []int
	for _, header := range want {
		packed = packTexts(packed, header[0], header[1])
		ends = append(ends, len(packed))
	}
	for length := range len(packed) + 1 {
		whole := len(slices.DeleteFunc(slices.Clone(ends), func(end int) bool { return end > length }))
		if got := unpackHeaders(nil, string(packed[:length])); !slices.Equal(got, want[:whole]) {
			t.Errorf("the first %d bytes: got %q, want %q", length, got, want[:whole])
		}
	}
	if got := unpackHeaders(nil, "\xff\xff\xff\xffno length"); got != nil {
		t.Errorf("a length beyond the end: got %q, want nothing", got)
	}
}
