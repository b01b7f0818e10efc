// Package xfcc reads Envoy's header x-forwarded-client-cert. What it says is hearsay: a client may have sent it, and each
// proxy on the way may have added to it.
// https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#x-forwarded-client-cert
package xfcc

import (
	"encoding/json"
	"iter"
	"net/url"
	"strings"
)

// Name is the header's, as Envoy writes it.
const Name = "x-forwarded-client-cert"

// Certificates are the texts in which a header's value may hold certificates, in PEM: what stands under Cert and Chain of
// each element, without its encoding. There may be anything in them. A value that breaks the rules gives what can be read
// of it.
func Certificates(value string) iter.Seq[string] {
	// conn_manager_utility.cc, applyForwardClientCertConfig, tells the two forms apart like this.
	if strings.HasPrefix(value, "[") && strings.HasSuffix(value, "]") {
		return fromJSON(value)
	}
	return fromText(value)
}

// fromJSON reads the form of `set_current_client_cert_details: { format: JSON }`: nothing is encoded, and a chain is a list.
func fromJSON(value string) iter.Seq[string] {
	return func(yield func(string) bool) {
		var elements []struct {
			Cert  string   `json:"cert"`
			Chain []string `json:"chain"`
		}
		if json.Unmarshal([]byte(value), &elements) != nil {
			return
		}
		for _, element := range elements {
			for _, text := range append([]string{element.Cert}, element.Chain...) {
				if text != "" && !yield(text) {
					return
				}
			}
		}
	}
}

// fromText reads the form that Envoy has always had: elements separated by commas, each of `Key=value` separated by
// semicolons. Keys know no case.
func fromText(value string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for rest := value; rest != ""; {
			var key, text string
			key, text, rest = pair(rest)
			if text == "" || !strings.EqualFold(key, "Cert") && !strings.EqualFold(key, "Chain") {
				continue
			}
			// A plus is a plus: Envoy encodes as in a path (PercentEncoding::urlEncode).
			if decoded, err := url.PathUnescape(text); err == nil && !yield(decoded) {
				return
			}
		}
	}
}

// pair splits off the first pair of a value. A text in double quotes may hold separators, and its own quotes behind
// backslashes.
func pair(value string) (key, text, rest string) {
	end := strings.IndexAny(value, "=,;")
	if end < 0 {
		return value, "", ""
	}
	key = strings.TrimSpace(value[:end])
	if value[end] != '=' {
		return key, "", value[end+1:]
	}
	value = value[end+1:]
	if strings.HasPrefix(value, `"`) {
		text, value = quoted(value[1:])
	}
	if end = strings.IndexAny(value, ",;"); end < 0 {
		return key, text + value, ""
	}
	return key, text + value[:end], value[end+1:]
}

// quoted reads up to the quote that is not behind a backslash, or to the end.
func quoted(value string) (text, rest string) {
	var plain strings.Builder
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '"':
			return plain.String(), value[i+1:]
		case c == '\\' && i+1 < len(value):
			i++
			plain.WriteByte(value[i])
		default:
			plain.WriteByte(c)
		}
	}
	return plain.String(), ""
}
