package jsontext

import (
	"encoding/base64"
	"unicode/utf8"
)

// AppendString writes a JSON string.
func AppendString[T string | []byte](to []byte, text T) []byte {
	to = append(to, '"')
	to = AppendEscaped(to, text)
	return append(to, '"')
}

// AppendMember writes a member of an object whose value is a text. The key is given with its quotes and its colon, and with a comma
// before them unless it is the first member: `,"key":`. It needs no escapes.
func AppendMember(to []byte, key, text string) []byte {
	to = append(to, key...)
	return AppendString(to, text)
}

// AppendEscaped writes a text as it stands between the quotes of a JSON string (RFC 8259 §7). Bytes that are not UTF-8 become U+FFFD, as
// in encoding/json, for JSON must be UTF-8 (§8.1).
func AppendEscaped[T string | []byte](to []byte, text T) []byte {
	const digits = "0123456789abcdef"
	start := 0
	for i := plain(text, 0, true); i < len(text); i = plain(text, i, true) {
		c := text[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(string(text[i:min(i+utf8.UTFMax, len(text))]))
			if r == utf8.RuneError && size == 1 {
				to = append(append(to, text[start:i]...), "\ufffd"...)
				start = i + size
			}
			i += size
			continue
		}
		to = append(to, text[start:i]...)
		switch c {
		case '"', '\\':
			to = append(to, '\\', c)
		case '\n':
			to = append(to, '\\', 'n')
		case '\r':
			to = append(to, '\\', 'r')
		case '\t':
			to = append(to, '\\', 't')
		default:
			to = append(to, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
		i++
		start = i
	}
	return append(to, text[start:]...)
}

// AppendBase64 writes a JSON string that holds bytes in base64.
func AppendBase64(to, content []byte) []byte {
	to = append(to, '"')
	to = base64.StdEncoding.AppendEncode(to, content)
	return append(to, '"')
}

// AppendCompact appends valid JSON without the space between its tokens.
func AppendCompact(to, value []byte) []byte {
	for i := 0; i < len(value); {
		end := i + 1
		if value[i] == '"' {
			end = i + StringEnd(value[i:])
		}
		if !isSpace(value[i]) {
			to = append(to, value[i:end]...)
		}
		i = end
	}
	return to
}
