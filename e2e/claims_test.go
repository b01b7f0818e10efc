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

	"github.com/funcroute/funcroute/e2e/harness"
)

const claimsHeader = "x-jwt-payload"

// A function gets the claims of the token that jwt_authn has verified, in either of the ways in which a header can hold
// them, and what a client says of itself in that header reaches no function.
func TestClaims(t *testing.T) {
	key := harness.NewKey(t)
	now := time.Now().Unix()
	token := signedToken(t, key, harness.Object{"iss": "issuer", "sub": "ann", "groups": []string{"a", "b"}, "admin": true, "exp": now + 3600, "iat": now})
	others := signedToken(t, key, harness.Object{"iss": "other", "sub": "bob", "exp": now + 3600})
	forgery := base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"issuer","sub":"forged"}`))
	known := func(first bool) harness.Object {
		claims := harness.Object{"iss": "issuer", "sub": "ann", "groups": "[a b]", "admin": "true", "exp": number(now + 3600), "iat": number(now)}
		if first {
			readable := func(seconds int64) string { return time.Unix(seconds, 0).UTC().Format("Mon Jan 02 15:04:05 UTC 2006") }
			maps.Copy(claims, harness.Object{"groups": "a,b", "exp": readable(now + 3600), "iat": readable(now)})
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
			harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
				upstream := harness.StartUpstream(t, harness.Message(t, "200\ncontent-type: application/json", `{"statusCode":200}`))
				envoy := harness.StartEnvoy(t, host, claimsConfig(t, way, key, upstream.Address))
				for _, c := range cases {
					t.Run(c.name, func(t *testing.T) {
						for _, payload := range []string{"apigateway-v2", "apigateway-v1", "function-url", "alb", "envoy"} {
							before := len(upstream.Received())
							answer, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, "GET /"+payload+c.path+" HTTP/1.1\nhost: localhost\n"+c.headers, ""))
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
								want = harness.Object{"jwt": harness.Object{"claims": known(false), "scopes": nil}}
							case c.want && payload == "apigateway-v1":
								want = harness.Object{"claims": known(true)}
							}
							requestContext, _ := event["requestContext"].(harness.Object)
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
	key := harness.NewKey(t)
	token := signedToken(t, key, harness.Object{"iss": "issuer", "sub": "ann", "exp": time.Now().Unix() + 3600})
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		upstream := harness.StartUpstream(t)
		envoy := harness.StartEnvoy(t, host, claimsConfig(t, "nothing", key, upstream.Address))
		envoy.Expect(`config_error: lambda: function "hello": jwt_authn has verified a token, but there are 0 values in the header "x-jwt-payload"`)
		for range 3 {
			answer, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, "GET /apigateway-v2/required HTTP/1.1\nhost: localhost\nauthorization: Bearer "+token, ""))
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
	filter := having(t, blocks, "http_filters", 0).([]any)[0].(harness.Object)
	var route harness.Object
	for n := 0; route == nil; n++ {
		for _, candidate := range harness.Objects(harness.Object{"routes": having(t, blocks, "routes", n)}, "routes") {
			settings := candidate["metadata"].(harness.Object)["filter_metadata"].(harness.Object)["funcroute"].(harness.Object)
			if settings["jwt_payload_header"] != nil {
				route = candidate
			}
		}
	}
	key := harness.NewKey(t)
	provider := filter["typed_config"].(harness.Object)["providers"].(harness.Object)["shop"].(harness.Object)
	delete(provider, "remote_jwks")
	provider["local_jwks"] = harness.Object{"inline_string": publicKeys(t, key)}
	token := signedToken(t, key, harness.Object{"iss": provider["issuer"], "sub": "ann", "exp": time.Now().Unix() + 3600})

	authority := harness.NewAuthority(t, &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "root"}})
	server := authority.Issue(t, &x509.Certificate{SerialNumber: big.NewInt(2), IPAddresses: loopback()})
	client := authority.Issue(t, &x509.Certificate{SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "client"}})

	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		upstream := harness.StartUpstream(t, harness.Message(t, "200\ncontent-type: application/json", `{"statusCode":200}`))
		config := harness.NewConfig()
		metadata := lambdaMetadata(nil)
		metadata["filter_metadata"].(harness.Object)["funcroute.functions"] = harness.Object{"resize": "resize"}
		config.AddCluster(upstream.Address, harness.Object{"name": "lambda", "metadata": metadata})
		config.AddListener("http", []any{harness.Clone(route)}, nil, harness.Object{
			"http_filters":                    []any{harness.Clone(filter), harness.FunctionsFilter(), harness.RouterFilter()},
			"forward_client_cert_details":     having(t, blocks, "forward_client_cert_details", 0),
			"set_current_client_cert_details": having(t, blocks, "set_current_client_cert_details", 0),
		})
		config.MutualTLS("http", server, authority)
		envoy := harness.StartEnvoy(t, host, config)
		harness.SendTLS(t, envoy.Listener(t, "http"), harness.Message(t, "GET /orders HTTP/1.1\nhost: localhost\nauthorization: Bearer "+token, ""), client, authority)
		known := eventIn(t, upstream, 0)["requestContext"].(harness.Object)
		claims, _ := known["authorizer"].(harness.Object)["jwt"].(harness.Object)["claims"].(harness.Object)
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
func claimsConfig(t *testing.T, way string, key *ecdsa.PrivateKey, upstream string) harness.Config {
	t.Helper()
	jwks := harness.Object{"inline_string": publicKeys(t, key)}
	ours := harness.Object{
		"issuer": "issuer", "local_jwks": jwks, "payload_in_metadata": "token", "failed_status_in_metadata": "failure", "forward": true,
	}
	theirs := harness.Object{"issuer": "other", "local_jwks": jwks, "payload_in_metadata": "other", "forward": true}
	filters := []any{harness.FunctionsFilter(), harness.RouterFilter()}
	switch way {
	case "forward_payload_header":
		ours["forward_payload_header"] = claimsHeader
	case "header_mutation":
		filters = append([]any{harness.Object{"name": "claims", "typed_config": harness.Object{
			"@type": "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation",
			"mutations": harness.Object{"request_mutations": []any{
				harness.Object{"remove": claimsHeader},
				harness.Object{"append": harness.Object{"header": harness.Object{"key": claimsHeader, "value": "%DYNAMIC_METADATA(envoy.filters.http.jwt_authn:token)%"}}},
			}},
		}}}, filters...)
	}
	requires := map[string]harness.Object{
		"required": {"provider_name": "ours"},
		"other":    {"provider_name": "theirs"},
		"optional": {"requires_any": harness.Object{"requirements": []any{harness.Object{"provider_name": "ours"}, harness.Object{"allow_missing": harness.Object{}}}}},
		"lenient":  {"requires_any": harness.Object{"requirements": []any{harness.Object{"provider_name": "ours"}, harness.Object{"allow_missing_or_failed": harness.Object{}}}}},
	}
	var rules []any
	for name, requirement := range requires {
		rules = append(rules, harness.Object{
			"match":    harness.Object{"safe_regex": harness.Object{"regex": "/[^/]+/" + name}},
			"requires": requirement,
		})
	}
	filters = append([]any{harness.Object{"name": "envoy.filters.http.jwt_authn", "typed_config": harness.Object{
		"@type":     "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
		"providers": harness.Object{"ours": ours, "theirs": theirs}, "rules": rules,
	}}}, filters...)
	config := harness.NewConfig()
	config.AddCluster(upstream, harness.Object{"name": "lambda", "metadata": lambdaMetadata(harness.Object{
		"jwt_payload_header": claimsHeader, "jwt_payload_in_metadata": "token",
	})})
	config.AddListener("http", payloadRoutes("apigateway-v2", "apigateway-v1", "function-url", "alb", "envoy"), nil, harness.Object{"http_filters": filters})
	return config
}

// signedToken is a JSON Web Token, signed with ES256 (RFC 7515, RFC 7518 §3.4).
func signedToken(t *testing.T, key *ecdsa.PrivateKey, claims harness.Object) string {
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
	return string(must(json.Marshal(harness.Object{"keys": []any{harness.Object{
		"kty": "EC", "crv": "P-256", "alg": "ES256", "x": coordinate(public[1:33]), "y": coordinate(public[33:]),
	}}})))
}
