package e2e

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

const claimsHeader = "x-jwt-payload"

// A function gets the claims of the token that jwt_authn has verified, in either of the ways in which a header can hold
// them, and what a client says of itself in that header reaches no function.
func TestClaims(t *testing.T) {
	key := newKey(t)
	now := time.Now().Unix()
	token := signedToken(t, key, Object{"iss": "issuer", "sub": "ann", "groups": []string{"a", "b"}, "admin": true, "exp": now + 3600, "iat": now})
	others := signedToken(t, key, Object{"iss": "other", "sub": "bob", "exp": now + 3600})
	forgery := base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"issuer","sub":"forged"}`))
	known := func(first bool) Object {
		claims := Object{"iss": "issuer", "sub": "ann", "groups": "[a b]", "admin": "true", "exp": number(now + 3600), "iat": number(now)}
		if first {
			readable := func(seconds int64) string { return time.Unix(seconds, 0).UTC().Format("Mon Jan 02 15:04:05 UTC 2006") }
			maps.Copy(claims, Object{"groups": "a,b", "exp": readable(now + 3600), "iat": readable(now)})
		}
		return claims
	}
	cases := []struct {
		name, path, headers string
		want                bool
	}{
		{"a token", "/required", "authorization: Bearer " + token, true},
		{"a token and a forged header", "/required", "authorization: Bearer " + token + "\n" + claimsHeader + ": " + forgery, true},
		{"a forged header where nothing is verified", "/open", claimsHeader + ": " + forgery, false},
		{"forged JSON where nothing is verified", "/open", claimsHeader + `: {"sub":"forged"}`, false},
		{"a forged header beside a token that is not looked at", "/open", "authorization: Bearer " + token + "\n" + claimsHeader + ": " + forgery, false},
		{"a forged header where the token may be missing", "/optional", claimsHeader + ": " + forgery, false},
		{"a token where it may be missing", "/optional", "authorization: Bearer " + token, true},
		{"a forged header where another provider verifies", "/other", "authorization: Bearer " + others + "\n" + claimsHeader + ": " + forgery, false},
		{"a forged header with a broken token", "/lenient", "authorization: Bearer " + token[:len(token)-4] + "aaaa\n" + claimsHeader + ": " + forgery, false},
	}
	for _, way := range []string{"forward_payload_header", "header_mutation"} {
		t.Run(way, func(t *testing.T) {
			OnEveryHost(t, nil, func(t *testing.T, host Host) {
				upstream := StartUpstream(t, message(t, "200\ncontent-type: application/json", `{"statusCode":200}`))
				envoy := StartEnvoy(t, host, claimsConfig(t, way, key, upstream.Address))
				for _, c := range cases {
					t.Run(c.name, func(t *testing.T) {
						for _, payload := range []string{"apigateway-v2", "apigateway-v1", "function-url", "alb", "envoy"} {
							before := len(upstream.Received())
							answer, err := Send(envoy.Listener(t, "http"), message(t, "GET /"+payload+c.path+" HTTP/1.1\nhost: localhost\n"+c.headers, ""))
							if err != nil || answer.Status() != 200 {
								t.Fatalf("%s: got %v, %v", payload, answer, err)
							}
							if got := upstream.Received()[before].Headers.Get(claimsHeader); got != "" {
								t.Errorf("%s: the call has the header: %s", payload, got)
							}
							event := eventIn(t, upstream, before)
							var want any
							switch {
							case c.want && payload == "apigateway-v2":
								want = Object{"jwt": Object{"claims": known(false), "scopes": nil}}
							case c.want && payload == "apigateway-v1":
								want = Object{"claims": known(true)}
							}
							requestContext, _ := event["requestContext"].(Object)
							if got := requestContext["authorizer"]; !reflect.DeepEqual(got, want) {
								t.Errorf("%s:\ngot  %v\nwant %v", payload, got, want)
							}
							delete(requestContext, "authorizer")
							if text, _ := json.Marshal(event); strings.Contains(strings.ToLower(string(text)), claimsHeader) || strings.Contains(string(text), "forged") {
								t.Errorf("%s: the event has the header: %s", payload, text)
							}
						}
					})
				}
			})
		})
	}
}

// Where jwt_authn verifies but its claims are not to be had, no function is called as if there were none.
func TestClaimsThatAreVerifiedAndNotThere(t *testing.T) {
	key := newKey(t)
	token := signedToken(t, key, Object{"iss": "issuer", "sub": "ann", "exp": time.Now().Unix() + 3600})
	OnEveryHost(t, nil, func(t *testing.T, host Host) {
		upstream := StartUpstream(t)
		envoy := StartEnvoy(t, host, claimsConfig(t, "nothing", key, upstream.Address))
		envoy.Expect(`config_error: lambda: function "hello": jwt_authn has verified a token, but there are 0 values in the header "x-jwt-payload"`)
		for range 3 {
			answer, err := Send(envoy.Listener(t, "http"), message(t, "GET /apigateway-v2/required HTTP/1.1\nhost: localhost\nauthorization: Bearer "+token, ""))
			if err != nil || answer.Status() != 500 || !strings.Contains(string(answer.Body), "configuration") {
				t.Errorf("got %v, %v, want 500", answer, err)
			}
		}
		if n := len(upstream.Received()); n > 0 {
			t.Errorf("got %d calls, want none", n)
		}
	})
}

// Someone who has read lambda's README takes its filter, its route and its connection manager, and the function gets both.
func TestReadmeOfClaims(t *testing.T) {
	blocks := yamlIn(t, "plugins/lambda/README.md")
	filter := having(t, blocks, "http_filters", 0).([]any)[0].(Object)
	var route Object
	for n := 0; route == nil; n++ {
		for _, candidate := range objects(Object{"routes": having(t, blocks, "routes", n)}, "routes") {
			settings := candidate["metadata"].(Object)["filter_metadata"].(Object)["funcroute"].(Object)
			if settings["jwt_payload_header"] != nil {
				route = candidate
			}
		}
	}
	key := newKey(t)
	provider := filter["typed_config"].(Object)["providers"].(Object)["shop"].(Object)
	delete(provider, "remote_jwks")
	provider["local_jwks"] = Object{"inline_string": publicKeys(t, key)}
	token := signedToken(t, key, Object{"iss": provider["issuer"], "sub": "ann", "exp": time.Now().Unix() + 3600})

	authority := NewAuthority(t, &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "root"}})
	server := authority.Issue(t, &x509.Certificate{SerialNumber: big.NewInt(2), IPAddresses: loopback()})
	client := authority.Issue(t, &x509.Certificate{SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "client"}})

	OnEveryHost(t, nil, func(t *testing.T, host Host) {
		upstream := StartUpstream(t, message(t, "200\ncontent-type: application/json", `{"statusCode":200}`))
		config := NewConfig()
		metadata := lambdaMetadata(nil)
		metadata["filter_metadata"].(Object)["funcroute.functions"] = Object{"resize": "resize"}
		config.AddCluster(upstream.Address, Object{"name": "lambda", "metadata": metadata})
		config.AddListener("http", []any{clone(route)}, nil, Object{
			"http_filters":                    []any{clone(filter), functionsFilter(), routerFilter()},
			"forward_client_cert_details":     having(t, blocks, "forward_client_cert_details", 0),
			"set_current_client_cert_details": having(t, blocks, "set_current_client_cert_details", 0),
		})
		config.MutualTLS("http", server, authority)
		envoy := StartEnvoy(t, host, config)
		SendTLS(t, envoy.Listener(t, "http"), message(t, "GET /orders HTTP/1.1\nhost: localhost\nauthorization: Bearer "+token, ""), client, authority)
		known := eventIn(t, upstream, 0)["requestContext"].(Object)
		claims, _ := known["authorizer"].(Object)["jwt"].(Object)["claims"].(Object)
		if claims["sub"] != "ann" {
			t.Errorf("claims = %v, want ann's", claims)
		}
		if got := certificateAt(t, known, "authentication", "clientCert"); got == nil || got.SubjectDN != "CN=client" || got.SerialNumber != "3" {
			t.Errorf("certificate = %+v, want the client's", got)
		}
	})
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func must(text []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return text
}

// claimsConfig has paths /PAYLOAD/RULE. The provider `ours` leaves claims where the cluster's settings say, `theirs` elsewhere.
func claimsConfig(t *testing.T, way string, key *ecdsa.PrivateKey, upstream string) Config {
	t.Helper()
	jwks := Object{"inline_string": publicKeys(t, key)}
	ours := Object{
		"issuer": "issuer", "local_jwks": jwks, "payload_in_metadata": "token", "failed_status_in_metadata": "failure", "forward": true,
	}
	theirs := Object{"issuer": "other", "local_jwks": jwks, "payload_in_metadata": "other", "forward": true}
	filters := []any{functionsFilter(), routerFilter()}
	switch way {
	case "forward_payload_header":
		ours["forward_payload_header"] = claimsHeader
	case "header_mutation":
		filters = append([]any{Object{"name": "claims", "typed_config": Object{
			"@type": "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation",
			"mutations": Object{"request_mutations": []any{
				Object{"remove": claimsHeader},
				Object{"append": Object{"header": Object{"key": claimsHeader, "value": "%DYNAMIC_METADATA(envoy.filters.http.jwt_authn:token)%"}}},
			}},
		}}}, filters...)
	}
	requires := map[string]Object{
		"required": {"provider_name": "ours"},
		"other":    {"provider_name": "theirs"},
		"optional": {"requires_any": Object{"requirements": []any{Object{"provider_name": "ours"}, Object{"allow_missing": Object{}}}}},
		"lenient":  {"requires_any": Object{"requirements": []any{Object{"provider_name": "ours"}, Object{"allow_missing_or_failed": Object{}}}}},
	}
	var rules []any
	for name, requirement := range requires {
		rules = append(rules, Object{
			"match":    Object{"safe_regex": Object{"regex": "/[^/]+/" + name}},
			"requires": requirement,
		})
	}
	filters = append([]any{Object{"name": "envoy.filters.http.jwt_authn", "typed_config": Object{
		"@type":     "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
		"providers": Object{"ours": ours, "theirs": theirs}, "rules": rules,
	}}}, filters...)
	config := NewConfig()
	config.AddCluster(upstream, Object{"name": "lambda", "metadata": lambdaMetadata(Object{
		"jwt_payload_header": claimsHeader, "jwt_payload_in_metadata": "token",
	})})
	config.AddListener("http", payloadRoutes("apigateway-v2", "apigateway-v1", "function-url", "alb", "envoy"), nil, Object{"http_filters": filters})
	return config
}

// signedToken is a JSON Web Token, signed with ES256 (RFC 7515, RFC 7518 §3.4).
func signedToken(t *testing.T, key *ecdsa.PrivateKey, claims Object) string {
	t.Helper()
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"ES256","typ":"JWT"}`)) + "." + encode(must(json.Marshal(claims)))
	digest := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	signature := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	return text + "." + encode(signature)
}

// publicKeys is the set of keys that verifies what signedToken signs (RFC 7517).
func publicKeys(t *testing.T, key *ecdsa.PrivateKey) string {
	t.Helper()
	public, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	coordinate := base64.RawURLEncoding.EncodeToString
	return string(must(json.Marshal(Object{"keys": []any{Object{
		"kty": "EC", "crv": "P-256", "alg": "ES256", "x": coordinate(public[1:33]), "y": coordinate(public[33:]),
	}}})))
}
