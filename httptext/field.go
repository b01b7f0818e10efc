package httptext

import "strings"

// IsToken reports whether a text is a token (RFC 9110 §5.6.2), as methods, the names of headers, and both parts of a media
// type are. The empty text is none.
func IsToken(text string) bool { return text != "" && Token.Holds(text) }

// IsFieldName reports whether a text can be the name of a header as HTTP/2 and Envoy have them: a token without large letters.
func IsFieldName(text string) bool { return text != "" && FieldName.Holds(text) }

// IsAuthority reports whether a text is made of what names, addresses and ports consist of. The empty text is none. It keeps
// a host from becoming something else, such as one with a user or a path.
func IsAuthority(text string) bool { return text != "" && Authority.Holds(text) }

// ControlByte returns where the first byte stands that no header's value can hold (RFC 9110 §5.5), -1 if there is none: a
// control character other than the tab.
func ControlByte[T string | []byte](text T) int {
	for i := range len(text) {
		if c := text[i]; c < ' ' && c != '\t' || c == 0x7f {
			return i
		}
	}
	return -1
}

// MediaType splits a content type at the slash and leaves its parameters aside, in the letters that it is written in. It reports
// false if there is no slash; all of it is the kind then. Who needs the parameters, too, reads it with package mime.
func MediaType(contentType string) (kind, subtype string, ok bool) {
	essence, _, _ := strings.Cut(contentType, ";")
	return strings.Cut(strings.Trim(essence, " \t"), "/")
}
