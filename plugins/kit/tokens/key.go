package tokens

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256" // The hashes of the algorithms.
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/pem"
	"errors"

	"github.com/funcroute/funcroute/plugins"
)

// privateKey signs in one of the algorithms of RFC 7518 §3.1: RS256, or what the curve of an ECDSA key says.
type privateKey struct {
	algorithm string
	hash      crypto.Hash
	rsa       *rsa.PrivateKey
	ecdsa     *ecdsa.PrivateKey
}

// It keeps the key out of logs.
func (*privateKey) String() string { return "a private key" }

func (k *privateKey) GoString() string { return k.String() }

// minRSA is how many bits an RSA key has at least, as RFC 7518 §3.3 says it.
const minRSA = 2048

// readKey reads the key that is in a secret.
func readKey(secret plugins.Secret) (*privateKey, error) {
	text, err := valueOf(secret)
	if err != nil {
		return nil, err
	}
	return parseKey(text)
}

// parseKey reads a private key in PEM: PKCS #8, or the older forms of RSA and ECDSA. What stands beside it, such as certificates, is passed
// over. No error repeats anything of the text.
func parseKey(text string) (*privateKey, error) {
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil, errors.New("it has no private key in PEM, which begins with -----BEGIN PRIVATE KEY-----")
		}
		switch block.Type {
		case "ENCRYPTED PRIVATE KEY":
			return nil, errors.New("its private key is encrypted; store it without a passphrase")
		case "PRIVATE KEY":
			key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
			return newKey(key, err)
		case "RSA PRIVATE KEY":
			key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
			return newKey(key, err)
		case "EC PRIVATE KEY":
			key, err := x509.ParseECPrivateKey(block.Bytes)
			return newKey(key, err)
		}
	}
}

func newKey(key any, err error) (*privateKey, error) {
	if err != nil {
		return nil, errors.New("its private key is broken, or encrypted")
	}
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if key.N.BitLen() < minRSA {
			return nil, errors.New("its RSA key is too short; it needs 2048 bits")
		}
		return &privateKey{algorithm: "RS256", hash: crypto.SHA256, rsa: key}, nil
	case *ecdsa.PrivateKey:
		switch key.Curve {
		case elliptic.P256():
			return &privateKey{algorithm: "ES256", hash: crypto.SHA256, ecdsa: key}, nil
		case elliptic.P384():
			return &privateKey{algorithm: "ES384", hash: crypto.SHA384, ecdsa: key}, nil
		case elliptic.P521():
			return &privateKey{algorithm: "ES512", hash: crypto.SHA512, ecdsa: key}, nil
		}
	}
	return nil, errors.New("its private key is neither RSA nor ECDSA on P-256, P-384 or P-521")
}

// signature signs as RFC 7518 §3.3 and §3.4 say.
func (k *privateKey) signature(text []byte) ([]byte, error) {
	hash := k.hash.New()
	hash.Write(text)
	digest := hash.Sum(nil)
	failed := errors.New("its private key cannot sign")
	if k.rsa != nil {
		signature, err := rsa.SignPKCS1v15(rand.Reader, k.rsa, k.hash, digest)
		if err != nil {
			return nil, failed
		}
		return signature, nil
	}
	r, s, err := ecdsa.Sign(rand.Reader, k.ecdsa, digest)
	if err != nil {
		return nil, failed
	}
	size := (k.ecdsa.Curve.Params().BitSize + 7) / 8
	signature := make([]byte, 2*size)
	r.FillBytes(signature[:size])
	s.FillBytes(signature[size:])
	return signature, nil
}
