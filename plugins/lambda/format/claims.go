package format

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/funcroute/funcroute/httptext"
	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/plugins"
)

// tokens is where Envoy's jwt_authn leaves the payload of the token that it has verified. The metadata that it writes is
// nested, which stock Envoy shows to no dynamic module, so the claims themselves come in a header. A header is believed
// only if the metadata is there, for nothing but jwt_authn writes that.
// https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/jwt_authn_filter
type tokens struct {
	// header is the one that holds the claims, "" if they are not asked for.
	header string
	// key is the provider's payload_in_metadata.
	key string
}

const jwtNamespace = "envoy.filters.http.jwt_authn"

func (t tokens) check() error {
	switch {
	case (t.header == "") != (t.key == ""):
		return fmt.Errorf("settings %q and %q go together: the header that holds the claims, and the name that proves them",
			"jwt_payload_header", "jwt_payload_in_metadata")
	case t.header != "" && !httptext.IsFieldName(t.header):
		return fmt.Errorf("setting %q must be the name of a header, not %q", "jwt_payload_header", t.header)
	}
	return nil
}

// claims returns the claims that have been verified for a request, as a JSON object, or nil if none were.
func (t tokens) claims(c *client) ([]byte, error) {
	if t.header == "" {
		return nil, nil
	}
	if !c.request.Connection.HasDynamicMetadata(jwtNamespace, t.key) {
		return nil, nil
	}
	claims, err := readClaims(c.claims)
	if err != nil {
		return nil, plugins.Errorf(plugins.ConfigError, "The configuration of this function is wrong; the proxy's log says how.").
			Because(fmt.Errorf("jwt_authn has verified a token, but %w in the header %q", err, t.header))
	}
	return claims, nil
}

// readClaims reads the claims of a token, its payload: in base64 as in the token itself (forward_payload_header), or as JSON
// (%DYNAMIC_METADATA%).
func readClaims(values []string) ([]byte, error) {
	if len(values) != 1 {
		return nil, fmt.Errorf("there are %d values", len(values))
	}
	claims := []byte(strings.TrimSpace(values[0]))
	if !bytes.HasPrefix(claims, []byte("{")) {
		var err error
		if claims, err = base64.RawURLEncoding.DecodeString(strings.TrimRight(values[0], "=")); err != nil {
			return nil, errors.New("there is neither JSON nor base64url")
		}
		claims = bytes.TrimSpace(claims)
	}
	if !jsontext.Valid(claims) || claims[0] != '{' {
		return nil, errors.New("there is no JSON object")
	}
	return claims, nil
}

// claimForm writes one claim as a text.
type claimForm func(name string, value []byte) string

// appendClaims writes claims as an object of texts. One that is null is left out.
func appendClaims(to, claims []byte, form claimForm) []byte {
	to = append(to, '{')
	_ = jsontext.Members(claims, func(name, value []byte) error {
		if jsontext.IsNull(value) {
			return nil
		}
		to = jsontext.AppendString(append(jsontext.AppendString(to, name), ':'), form(string(name), value))
		to = append(to, ',')
		return nil
	})
	if to[len(to)-1] == ',' {
		to = to[:len(to)-1]
	}
	return append(to, '}')
}

// httpAPIClaim writes a claim as HTTP APIs do, which is the way Go writes values: a list is "[a b]".
func httpAPIClaim(_ string, value []byte) string {
	switch value[0] {
	case '"':
		return string(jsontext.Unquote(value))
	case '[', '{':
		decoder := json.NewDecoder(bytes.NewReader(value))
		decoder.UseNumber() // As it is written: 1700000000, not 1.7e+09.
		var decoded any
		_ = decoder.Decode(&decoded) // It is valid JSON.
		return fmt.Sprint(decoded)
	}
	return string(value)
}

// restAPIClaim writes a claim as REST APIs do: a list is "a,b", and the times of the token itself can be read.
func restAPIClaim(name string, value []byte) string {
	switch value[0] {
	case '"':
		return string(jsontext.Unquote(value))
	case '[':
		var list []string
		_ = jsontext.Elements(value, func(element []byte) error {
			list = append(list, restAPIClaim("", element))
			return nil
		})
		return strings.Join(list, ",")
	}
	if seconds, err := strconv.ParseInt(string(value), 10, 64); err == nil && (name == "exp" || name == "iat") {
		return time.Unix(seconds, 0).UTC().Format("Mon Jan 02 15:04:05 UTC 2006")
	}
	return string(value)
}
