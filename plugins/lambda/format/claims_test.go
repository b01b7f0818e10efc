package format

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

const claimsText = `{"sub":"ann","admin":true,"exp":1469818373,"auth_time":1469814773,"n":1.50,"cognito:groups":["a","b c",7,null],` +
	`"identities":[{"userId":"7","primary":true}],"address":{"zip":"1","country":"US"},"empty":[],"nothing":null,"text":"\"é\n"}`

func TestClaims(t *testing.T) {
	want := map[string]map[string]string{
		"apigateway-v2": {
			"sub": "ann", "admin": "true", "exp": "1469818373", "auth_time": "1469814773", "n": "1.50", "cognito:groups": "[a b c 7 <nil>]",
			"identities": "[map[primary:true userId:7]]", "address": "map[country:US zip:1]", "empty": "[]", "text": "\"é\n",
		},
		payloadRESTAPI: {
			"sub": "ann", "admin": "true", "exp": "Fri Jul 29 18:52:53 UTC 2016", "auth_time": "1469814773", "n": "1.50", "cognito:groups": "a,b c,7,null",
			"identities": `{"userId":"7","primary":true}`, "address": `{"zip":"1","country":"US"}`, "empty": "", "text": "\"é\n",
		},
	}
	for name, header := range map[string]string{
		"base64url":              base64.RawURLEncoding.EncodeToString([]byte(claimsText)),
		"base64url with padding": base64.URLEncoding.EncodeToString([]byte(claimsText)),
		"JSON":                   claimsText,
		"JSON with space":        "\t" + claimsText + " ",
	} {
		t.Run(name, func(t *testing.T) {
			for format, claims := range want {
				event, err := verified(t, format, true, header)
				if err != nil {
					t.Fatal(err)
				}
				got, scopes := claimsIn(t, format, event)
				if !maps.Equal(got, claims) {
					t.Errorf("%s:\ngot  %q\nwant %q", format, got, claims)
				}
				if scopes != "" && scopes != "null" {
					t.Errorf("%s: scopes = %s, want null", format, scopes)
				}
			}
		})
	}
}

// verified is the event of a request whose header x-claims has some values.
func verified(t *testing.T, format string, proven bool, values ...string) ([]byte, error) {
	t.Helper()
	o, err := (&Settings{Payload: format, JWTPayloadHeader: "X-Claims", JWTPayloadInMetadata: "token"}).Check()
	if err != nil {
		t.Fatal(err)
	}
	headers := plugintest.NewHeaders([2]string{":method", "GET"}, [2]string{":path", "/"})
	for _, value := range values {
		headers.Add("x-claims", value)
	}
	connection := plugintest.Connection{Marked: map[string]map[string]any{jwtNamespace: {"other": "x"}}}
	if proven {
		connection.Marked[jwtNamespace]["token"] = map[string]any{}
	}
	r := plugins.NewRequest(headers, connection, nil)
	r.Time = noon
	f := Of(o, Function{Region: "us-east-1", Certificates: NewCertificates()})
	err = f.Event(r)
	return r.Body(), err
}

func claimsIn(t *testing.T, format string, event []byte) (claims map[string]string, scopes string) {
	t.Helper()
	if format == payloadRESTAPI {
		var authorizer struct {
			Claims map[string]string
		}
		text, _ := json.Marshal(decode[events.APIGatewayProxyRequest](t, event).RequestContext.Authorizer)
		if err := json.Unmarshal(text, &authorizer); err != nil {
			t.Fatal(err)
		}
		return authorizer.Claims, ""
	}
	authorizer := decode[events.APIGatewayV2HTTPRequest](t, event).RequestContext.Authorizer
	if authorizer == nil || authorizer.JWT == nil {
		return nil, ""
	}
	list, _ := json.Marshal(authorizer.JWT.Scopes)
	return authorizer.JWT.Claims, string(list)
}

func TestClaimsNeedProof(t *testing.T) {
	for _, format := range []string{"apigateway-v2", payloadRESTAPI} {
		event, err := verified(t, format, false, `{"sub":"forged"}`)
		if err != nil || strings.Contains(string(event), "authorizer") || strings.Contains(string(event), "forged") {
			t.Errorf("%s: got %s, %v, want no trace of it", format, event, err)
		}
	}
}

func TestHeaderOfClaimsIsHiddenEverywhere(t *testing.T) {
	for _, format := range []string{"apigateway-v2", payloadRESTAPI, payloadFunctionURL, payloadALB, payloadALBMultiValue, payloadEnvoy} {
		for _, proven := range []bool{true, false} {
			event, err := verified(t, format, proven, `{"sub":"ann"}`)
			if err != nil || strings.Contains(strings.ToLower(string(event)), "x-claims") {
				t.Errorf("%s: got %s, %v, want no such header", format, event, err)
			}
		}
	}
}

func TestVerifiedClaimsThatCannotBeRead(t *testing.T) {
	for name, c := range map[string]struct {
		values []string
		want   string
	}{
		"none":          {nil, "there are 0 values"},
		"several":       {[]string{`{"sub":"ann"}`, `{"sub":"forged"}`}, "there are 2 values"},
		"broken JSON":   {[]string{`{"sub":`}, "no JSON object"},
		"no base64":     {[]string{"?"}, "neither JSON nor base64url"},
		"empty":         {[]string{""}, "no JSON object"},
		"a list":        {[]string{base64.RawURLEncoding.EncodeToString([]byte(`["a"]`))}, "no JSON object"},
		"a whole token": {[]string{"e30.e30.e30"}, "neither JSON nor base64url"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := verified(t, "apigateway-v2", true, c.values...)
			var failure *plugins.Error
			if !errors.As(err, &failure) || failure.Reason != plugins.ConfigError || !strings.Contains(fmt.Sprint(failure.Cause), c.want) {
				t.Errorf("got %v, want a config_error with %q", err, c.want)
			}
		})
	}
}

func TestTokenSettings(t *testing.T) {
	cases := map[string]struct {
		settings Settings
		want     string
	}{
		"both":        {Settings{JWTPayloadHeader: "x-claims", JWTPayloadInMetadata: "token"}, ""},
		"header only": {Settings{JWTPayloadHeader: "x-claims"}, "go together"},
		"proof only":  {Settings{JWTPayloadInMetadata: "token"}, "go together"},
		"no header":   {Settings{JWTPayloadHeader: ":path", JWTPayloadInMetadata: "token"}, `not ":path"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := c.settings.Check()
			if got := fmt.Sprint(err); (err == nil) != (c.want == "") || !strings.Contains(got, c.want) && c.want != "" {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// FuzzClaims asks that whatever a header holds, an event is JSON and its claims are texts.
func FuzzClaims(f *testing.F) {
	f.Add(claimsText)
	f.Add(`{"a":{"b":[1,"x",{}]},"a":null,"":""}`)
	f.Add("eyJzdWIiOiJhbm4ifQ==")
	f.Add(`{"a":1e999}`)
	f.Add("{\"a\":\"\xff\",\"\xff\":[\"\xff\"]}")
	f.Fuzz(func(t *testing.T, header string) {
		read, err := readClaims([]string{header})
		if err != nil {
			return
		}
		var original map[string]json.RawMessage
		if err := json.Unmarshal(read, &original); err != nil && !strings.Contains(err.Error(), "exceeded max depth") {
			t.Fatalf("%q: %v", read, err)
		}
		for _, form := range []claimForm{httpAPIClaim, restAPIClaim} {
			var claims map[string]string
			written := appendClaims(nil, read, form)
			if err := json.Unmarshal(written, &claims); err != nil {
				t.Fatalf("%q: %v in %q", read, err, written)
			}
			for name, value := range original {
				var text string
				if value[0] == '"' && json.Unmarshal(value, &text) == nil && claims[name] != text && !strings.Contains(name+text, "\ufffd") {
					t.Errorf("%s: got %q, want %q", name, claims[name], text)
				}
			}
		}
	})
}
