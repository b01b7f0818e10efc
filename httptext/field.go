package httptext

import "strings"

// IsToken reports whether a text is a token (RFC 9110 §5.6.2). Methods, names of headers, and both parts of a media type are tokens. The
// empty text is none.
func IsToken(text string) bool { return text != "" && Token.Holds(text) }

// IsFieldName reports whether a text can be the name of a header in HTTP/2 and in Envoy, which is a token without large letters.
func IsFieldName(text string) bool { return text != "" && FieldName.Holds(text) }

// IsAuthority reports whether a text has only characters of which names, addresses and ports consist. The empty text is no authority.
// The check keeps a host from becoming something else, such as one with a user or a path.
func IsAuthority(text string) bool { return text != "" && Authority.Holds(text) }

// ControlByte returns the index of the first byte that no value of a header can have (RFC 9110 §5.5), -1 if there is none. Such bytes
// are control characters other than the tab.
func ControlByte[T string | []byte](text T) int {
	for i := range len(text) {
		if c := text[i]; c < ' ' && c != '\t' || c == 0x7f {
			return i
		}
	}
	return -1
}

// MediaType splits a content type at the slash, without its parameters and in the letters in which it is written. If there is no slash,
// it reports false, and kind is all of the text. Use package mime where the parameters are needed.
func MediaType(contentType string) (kind, subtype string, ok bool) {
	essence, _, _ := strings.Cut(contentType, ";")
	return strings.Cut(strings.Trim(essence, " \t"), "/")
}
