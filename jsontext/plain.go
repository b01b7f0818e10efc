package jsontext

import "math/bits"

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plain returns the index, from a place on, of the first byte that a JSON string cannot hold as it is: a quote, a backslash or a control
// character, and with asciiOnly also a byte beyond ASCII. JSON consists mostly of strings, so this looks at eight bytes at a time. It
// looks at 32 at a time where there was no such byte for long; JSON within JSON has one every few bytes.
func plain[T string | []byte](text T, at int, asciiOnly bool) int {
	beyond := uint64(0)
	if asciiOnly {
		beyond = highs
	}
	for long := at + 32; at+8 <= len(text); at += 8 {
		if at == long {
			if at = plainAtLarge(text, at, beyond); at+8 > len(text) {
				break
			}
		}
		if found := specials(word(text[at:at+8]), beyond); found != 0 {
			return at + bits.TrailingZeros64(found)/8
		}
	}
	for ; at < len(text); at++ {
		if c := text[at]; c < ' ' || c == '"' || c == '\\' || asciiOnly && c > '~'+1 {
			break
		}
	}
	return at
}

// plainAtLarge goes on as long as the next 32 bytes have no such byte.
func plainAtLarge[T string | []byte](text T, at int, beyond uint64) int {
	for ; at+32 <= len(text); at += 32 {
		some := text[at : at+32]
		a, b, c, d := word(some), word(some[8:]), word(some[16:]), word(some[24:])
		if suspects(a)|suspects(b)|suspects(c)|suspects(d) != 0 &&
			specials(a, beyond)|specials(b, beyond)|specials(c, beyond)|specials(d, beyond) != 0 {
			break
		}
	}
	return at
}

// word returns the first eight bytes of a text as a number. The compiler makes one load of it.
func word[T string | []byte](text T) uint64 {
	return uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24 |
		uint64(text[4])<<32 | uint64(text[5])<<40 | uint64(text[6])<<48 | uint64(text[7])<<56
}

// specials has the high bit set of the first byte that is special and of no byte before it
// (https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord; a borrow marks bytes wrongly only behind one that is
// marked rightly).
func specials(word, beyond uint64) uint64 {
	quote, backslash := word^'"'*ones, word^'\\'*ones
	return ((word-' '*ones)&^word | (quote-ones)&^quote | (backslash-ones)&^backslash | word&beyond) & highs
}

// suspects is specials in half the steps, but it also marks bytes beyond ASCII.
func suspects(word uint64) uint64 {
	return (word | (word - ' '*ones) | ((word ^ '"'*ones) - ones) | ((word ^ '\\'*ones) - ones)) & highs
}
