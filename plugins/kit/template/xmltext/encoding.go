package xmltext

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
)

// Decode brings a document into UTF-8, without a byte order mark. What tells its encoding is, in this order (RFC 7303 section
// 3): a byte order mark, the charset of the content type, which may be empty, the document's own declaration. Without all
// three it is UTF-8. The encodings are those of the Encoding Standard, in which ISO-8859-1 is another name of windows-1252.
//
// A document grows to three times its size at most. One with bytes that mean nothing in its encoding is refused.
func Decode(document []byte, contentType string) ([]byte, error) {
	switch {
	case bytes.HasPrefix(document, []byte("\xef\xbb\xbf")):
		return document[3:], nil // Whether it is UTF-8 is seen when it is read.
	case bytes.HasPrefix(document, []byte("\xfe\xff")):
		return fromUTF16(document[2:], 0)
	case bytes.HasPrefix(document, []byte("\xff\xfe")):
		return fromUTF16(document[2:], 1)
	}
	// UTF-16 without a mark is known by its first character (XML 1.0 appendix F).
	switch {
	case bytes.HasPrefix(document, []byte("\x00<")):
		return fromUTF16(document, 0)
	case bytes.HasPrefix(document, []byte("<\x00")):
		return fromUTF16(document, 1)
	}
	label := ""
	if _, parameters, err := mime.ParseMediaType(contentType); err == nil {
		label = parameters["charset"]
	}
	if label == "" {
		label = declared(document)
	}
	if label == "" {
		return document, nil
	}
	encoding, name := charset.Lookup(label)
	switch {
	case encoding == nil || name == "replacement":
		return nil, fmt.Errorf("it is in the encoding %q, which is not one of the web", label)
	case name == "utf-8", strings.HasPrefix(name, "utf-16"):
		// What can be read as single bytes is not in UTF-16, whatever it says.
		// https://html.spec.whatwg.org/multipage/parsing.html#prescan-a-byte-stream-to-determine-its-encoding
		return document, nil
	}
	text, err := encoding.NewDecoder().Bytes(document)
	if err != nil {
		return nil, err
	}
	if bytes.ContainsRune(text, utf8.RuneError) {
		return nil, fmt.Errorf("it holds bytes that mean nothing in %s", name)
	}
	return text, nil
}

var declaration = regexp.MustCompile(`^\s*<\?xml\s[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._:-]+)["']`)

// declared is the encoding that a document says it has.
func declared(document []byte) string {
	const longest = 1024
	found := declaration.FindSubmatch(document[:min(len(document), longest)])
	if found == nil {
		return ""
	}
	return string(found[1])
}

// CheckUTF8 is [Check] for a document that leaves in UTF-8: its declaration, if it has one, must not tell of another encoding.
func CheckUTF8(document []byte) error {
	if label := declared(document); label != "" {
		if _, name := charset.Lookup(label); name != "utf-8" {
			return fmt.Errorf("it says that it is in %q, but it leaves in UTF-8", label)
		}
	}
	return Check(document)
}

// fromUTF16 decodes UTF-16. The higher byte of two is the first one, or the second if high is 1.
func fromUTF16(document []byte, high int) ([]byte, error) {
	if len(document)%2 != 0 {
		return nil, errors.New("it ends within a character of UTF-16")
	}
	text := make([]byte, 0, len(document))
	unit := func(i int) rune { return rune(document[i+high])<<8 | rune(document[i+1-high]) }
	for i := 0; i < len(document); i += 2 {
		r := unit(i)
		if utf16.IsSurrogate(r) {
			if i+3 >= len(document) {
				return nil, errHalf
			}
			if r = utf16.DecodeRune(r, unit(i+2)); r == utf8.RuneError {
				return nil, errHalf
			}
			i += 2
		}
		text = utf8.AppendRune(text, r)
	}
	return text, nil
}

var errHalf = errors.New("it holds half a character of UTF-16")
