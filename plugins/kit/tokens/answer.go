package tokens

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/funcroute/funcroute/plugins/kit/exchange"
	"github.com/funcroute/funcroute/plugins/kit/keep"
)

const (
	// maxToken bounds a token, in bytes: it has to fit among the headers of a call, of which Envoy and servers take 60 KB or less.
	maxToken = 1 << 15
	// unsaid is how long a token serves whose endpoint does not say how long it is valid.
	unsaid = 5 * time.Minute
	// maxLife is after how long any token is fetched anew.
	maxLife = 24 * time.Hour
	// margin is how long before its end a token serves no longer, for the call still has to arrive.
	margin = 10 * time.Second
)

// readToken reads the answer of RFC 6749 §5.1 to a question that was asked at some time. No error repeats anything of it.
func readToken(body []byte, asked time.Time) (keep.Found[token], error) {
	var answer struct {
		AccessToken string          `json:"access_token"`
		TokenType   string          `json:"token_type"`
		ExpiresIn   json.RawMessage `json:"expires_in"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return keep.Found[token]{}, errors.New("the answer is not the JSON of a token")
	}
	switch {
	case answer.AccessToken == "":
		return keep.Found[token]{}, errors.New("the answer has no access_token")
	case len(answer.AccessToken) > maxToken:
		return keep.Found[token]{}, fmt.Errorf("the answer's token is longer than %d bytes", maxToken)
	case !isToken(answer.AccessToken):
		return keep.Found[token]{}, errors.New("the answer's token has a character in it that no token has")
	case answer.TokenType != "" && !strings.EqualFold(answer.TokenType, "Bearer"):
		return keep.Found[token]{}, errors.New("the answer's token is of another type than Bearer")
	}
	life, err := readLife(answer.ExpiresIn)
	if err != nil {
		return keep.Found[token]{}, err
	}
	return keep.Found[token]{Value: token{answer.AccessToken}, Expires: asked.Add(life - min(margin, life/10))}, nil
}

// readLife reads for how many seconds a token is valid. Some endpoints write the number as a text.
func readLife(written json.RawMessage) (time.Duration, error) {
	text := strings.Trim(string(written), `"`)
	if text == "" || text == "null" {
		return unsaid, nil
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || !(seconds > 0) {
		return 0, errors.New("the answer's expires_in is no number of seconds")
	}
	if seconds > maxLife.Seconds() {
		return maxLife, nil
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// isToken reports whether a text is made of what tokens are made of (RFC 6750 §2.1 allows less).
func isToken(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

// refusal is the error of an endpoint that has answered, but no token.
type refusal struct {
	endpoint string
	status   int
	// code says why, "" if that is none of those that are known: any other might repeat what was sent.
	code string
}

// codes are those of RFC 6749 §5.2, RFC 8693 §2.2.2 and RFC 8707 §2, and what else endpoints are known to say.
var codes = []string{
	"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "invalid_target",
	"invalid_resource", "access_denied", "server_error", "temporarily_unavailable", "slow_down",
}

func newRefusal(endpoint string, answer exchange.Answer) *refusal {
	r := &refusal{endpoint: endpoint, status: answer.Status}
	var said struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(answer.Body, &said) == nil && slices.Contains(codes, said.Error) {
		r.code = said.Error
	}
	return r
}

func (r *refusal) Error() string {
	if r.code == "" {
		return fmt.Sprintf("%s answers %d", r.endpoint, r.status)
	}
	return fmt.Sprintf("%s answers %d (%s)", r.endpoint, r.status, r.code)
}

// ofClient reports whether the endpoint does not believe that the client is who it says.
func (r *refusal) ofClient() bool {
	return r.status == http.StatusUnauthorized || r.code == "invalid_client" || r.code == "invalid_grant"
}

// passing reports whether the endpoint cannot answer now, and may later.
func (r *refusal) passing() bool {
	return r.status == http.StatusTooManyRequests || r.status >= 500 || r.code == "slow_down" || r.code == "temporarily_unavailable"
}
