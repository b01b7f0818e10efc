package jsontext

import "math/bits"

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plain returns where the first byte from a place on stands that a JSON string cannot hold as it is: a quote, a backslash, a
// control character, and with asciiOnly one beyond ASCII too. It looks at eight bytes at a time, for strings are most of all
// JSON (https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord; what a borrow marks wrongly stands behind a byte
// that is marked rightly).
func plain[T string | []byte](text T, at int, asciiOnly bool) int {
	beyond := uint64(0)
	if asciiOnly {
		beyond = highs
	}
	for ; at+8 <= len(text); at += 8 {
		eight := uint64(text[at]) | uint64(text[at+1])<<8 | uint64(text[at+2])<<16 | uint64(text[at+3])<<24 |
			uint64(text[at+4])<<32 | uint64(text[at+5])<<40 | uint64(text[at+6])<<48 | uint64(text[at+7])<<56
		quote, backslash := eight^'"'*ones, eight^'\\'*ones
		special := (eight-' '*ones)&^eight | (quote-ones)&^quote | (backslash-ones)&^backslash | eight&beyond
		if special &= highs; special != 0 {
			return at + bits.TrailingZeros64(special)/8
		}
	}
	for ; at < len(text); at++ {
		if c := text[at]; c < ' ' || c == '"' || c == '\\' || asciiOnly && c > '~'+1 {
			break
		}
	}
	return at
}
