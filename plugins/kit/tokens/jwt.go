package tokens

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"time"
)

// claims are what a client says of itself in a token that it signs (RFC 7523 §3).
type claims struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	ID       string `json:"jti"`
	IssuedAt int64  `json:"iat"`
	Expires  int64  `json:"exp"`
}

// assertionLife is how long an assertion is valid. It is used at once; the rest is for clocks that differ.
const assertionLife = 5 * time.Minute

func newClaims(client, audience string, now time.Time) claims {
	return claims{
		Issuer: client, Subject: client, Audience: audience, ID: rand.Text(),
		IssuedAt: now.Unix(), Expires: now.Add(assertionLife).Unix(),
	}
}

// sign returns the claims as a JSON Web Token (RFC 7515 §7.1).
func (k *privateKey) sign(claims any) (string, error) {
	header, err := json.Marshal(map[string]string{"alg": k.algorithm, "typ": "JWT"})
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(payload)
	signature, err := k.signature([]byte(signed))
	if err != nil {
		return "", err
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}
