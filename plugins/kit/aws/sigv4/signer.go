// Package sigv4 signs requests with AWS Signature Version 4.
//
// It does less than the AWS SDK's signer, and so costs a tenth: everything that is known when the configuration is loaded
// is prepared then, the signing key is derived once a day, and only the headers that must be signed are. What it does is
// compared byte by byte with the SDK's signer in the tests.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/funcroute/funcroute/httptext"
)

const (
	algorithm   = "AWS4-HMAC-SHA256"
	terminator  = "aws4_request"
	dateName    = "x-amz-date"
	tokenName   = "x-amz-security-token" //nolint:gosec // The name of a header.
	dayFormat   = "20060102"
	stampFormat = "20060102T150405Z"
)

// Operation is what is always the same in the requests to be signed.
type Operation struct {
	Method string
	// Host is the Host header as it is sent, without a default port.
	Host string
	// Path is the path as it is sent, each of its segments escaped once, see [Escape]. It must not have dot segments, which AWS resolves
	// before it signs.
	Path string
	// PathAsSent says that the service signs the path as it is sent, as S3 alone does. All others want it escaped once more.
	PathAsSent bool
	// Query is the query as it is sent, without the question mark.
	Query string
	// Region and Service are the scope of the signature, "us-east-1" and "lambda".
	Region, Service string
}

// Header is one more header to be signed. Its name is in lower case.
type Header struct{ Name, Value string }

// Signature is what signing adds to a request.
type Signature struct {
	// Date is the value of x-amz-date.
	Date string
	// SecurityToken is the value of x-amz-security-token, which is not sent if it is "".
	SecurityToken string
	// Authorization is the value of authorization.
	Authorization string
}

// Signer signs the requests of one operation. It is immutable and safe for concurrent use. Where the path or the query
// is another one in each request, each has a signer of its own: making one costs less than signing does.
type Signer struct {
	host, region, service string
	// scope is the end of the credential scope: "/us-east-1/lambda/aws4_request".
	scope string
	// head is the canonical request up to its headers.
	head string
}

// New returns a signer.
func New(o Operation) *Signer {
	path := o.Path
	if !o.PathAsSent {
		path = httptext.Encode(path, httptext.Unreserved|httptext.Slash)
	}
	return &Signer{
		host:    o.Host,
		region:  o.Region,
		service: o.Service,
		scope:   "/" + o.Region + "/" + o.Service + "/" + terminator,
		head:    o.Method + "\n" + path + "\n" + canonicalQuery(o.Query) + "\n",
	}
}

// Sign signs a request with that body at that time. Signed are the host, x-amz-date, x-amz-security-token if the
// identity has one, and the given headers, which must be sorted by name and hold the request's other x-amz-* headers. Nothing
// else is signed, so that whatever runs later may add and change other headers.
func (s *Signer) Sign(identity *Identity, at time.Time, headers []Header, body []byte) Signature {
	var stampSpace [len(stampFormat)]byte
	stamp := at.UTC().AppendFormat(stampSpace[:0], stampFormat)
	date := string(stamp)

	var requestSpace [1536]byte
	var namesSpace [192]byte
	request, names := append(requestSpace[:0], s.head...), namesSpace[:0]
	add := func(header *Header) {
		request = append(append(request, header.Name...), ':')
		request = append(appendTrimmed(request, header.Value), '\n')
		names = append(append(names, header.Name...), ';')
	}
	own := [...]Header{{"host", s.host}, {dateName, date}, {tokenName, identity.SessionToken}}
	due := own[:]
	if identity.SessionToken == "" {
		due = own[:len(own)-1]
	}
	for i := range headers {
		for len(due) > 0 && due[0].Name < headers[i].Name {
			add(&due[0])
			due = due[1:]
		}
		add(&headers[i])
	}
	for i := range due {
		add(&due[i])
	}
	names = names[:len(names)-1]
	request = append(append(append(request, '\n'), names...), '\n')
	request = appendHash(request, body)

	day := date[:len(dayFormat)]
	var textSpace [256]byte
	text := append(append(textSpace[:0], algorithm+"\n"...), stamp...)
	text = append(append(append(append(text, '\n'), day...), s.scope...), '\n')
	text = appendHash(text, request)
	key := identity.key(day, s.region, s.service)
	signature := authenticate(key[:], text)

	var headerSpace [512]byte
	header := append(append(headerSpace[:0], algorithm+" Credential="...), identity.AccessKeyID...)
	header = append(append(append(header, '/'), day...), s.scope...)
	header = append(append(header, ", SignedHeaders="...), names...)
	header = append(header, ", Signature="...)
	header = hex.AppendEncode(header, signature[:])
	return Signature{Date: date, SecurityToken: identity.SessionToken, Authorization: string(header)}
}

func appendHash(to, content []byte) []byte {
	sum := sha256.Sum256(content)
	return hex.AppendEncode(to, sum[:])
}

// appendTrimmed adds a header's value in canonical form: without spaces around it, and with one where there are several.
func appendTrimmed(to []byte, value string) []byte {
	value = strings.TrimSpace(value)
	for {
		at := strings.Index(value, "  ")
		if at < 0 {
			return append(to, value...)
		}
		to = append(to, value[:at+1]...)
		value = strings.TrimLeft(value[at:], " ")
	}
}
