package counterparts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/funcroute/funcroute/e2e/harness"
)

// A check that cannot fail proves nothing: the oracle must find every way to spoil a signature.
func TestOracleTellsRightSignaturesFromWrongOnes(t *testing.T) {
	oracle := StartOracle(t)
	tests := map[string]struct {
		spoil func(*harness.Received, *Signer)
		want  string
	}{
		"right":               {spoil: func(*harness.Received, *Signer) {}},
		"wrong secret":        {func(_ *harness.Received, s *Signer) { s.SecretAccessKey += "x" }, "the signature is another one"},
		"another key":         {func(_ *harness.Received, s *Signer) { s.AccessKeyID = "AKIDOTHER" }, "access key"},
		"another region":      {func(_ *harness.Received, s *Signer) { s.Region = "eu-west-1" }, "region"},
		"changed body":        {func(r *harness.Received, _ *Signer) { r.Body = []byte("{}") }, "the signature is another one"},
		"changed path":        {func(r *harness.Received, _ *Signer) { r.Headers.Set(":path", "/x") }, "the signature is another one"},
		"changed host":        {func(r *harness.Received, _ *Signer) { r.Headers.Set(":authority", "x") }, "the signature is another one"},
		"no authorization":    {func(r *harness.Received, _ *Signer) { r.Headers.Remove("authorization") }, "0 authorization headers"},
		"session token added": {func(r *harness.Received, _ *Signer) { r.Headers.Set("x-amz-security-token", "t") }, "session token"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			received, signer := signedBySDK(t), DefaultSigner()
			test.spoil(&received, &signer)
			got := strings.Join(oracle.Problems(t, received, signer), "\n")
			if test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func signedBySDK(t *testing.T) harness.Received {
	t.Helper()
	body := []byte(`{"width":7}`)
	digest := sha256.Sum256(body)
	url := "http://lambda.us-east-1.amazonaws.com/2015-03-31/functions/a%3Ab/invocations?Qualifier=live"
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	credentials := aws.Credentials{AccessKeyID: harness.Credentials.AccessKeyID, SecretAccessKey: harness.Credentials.SecretAccessKey}
	err = v4.NewSigner().SignHTTP(t.Context(), credentials, request, hex.EncodeToString(digest[:]), "lambda", "us-east-1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	request.RequestURI = request.URL.RequestURI()
	received := harness.ReceivedFrom(request, body)
	received.Headers.Set("content-length", "11")
	return received
}
