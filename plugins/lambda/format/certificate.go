package format

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/funcroute/funcroute/jsontext"
)

// certificate is a client's certificate in the words of the gateways. All is made once per certificate.
type certificate struct {
	// gateway is the `clientCert` of an API Gateway's event.
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
	gateway []byte
	// balancer are the headers that a load balancer adds where it verifies certificates.
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html
	balancer []entry
}

func newCertificate(parsed *x509.Certificate) *certificate {
	text := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: parsed.Raw}))
	subject, issuer := nameOf(parsed.RawSubject), nameOf(parsed.RawIssuer)

	to := jsontext.AppendMember(nil, `{"clientCertPem":`, text)
	to = jsontext.AppendMember(to, `,"subjectDN":`, strings.Join(subject, ","))
	to = jsontext.AppendMember(to, `,"issuerDN":`, strings.Join(issuer, ","))
	to = jsontext.AppendMember(to, `,"serialNumber":`, serialNumber(parsed.SerialNumber))
	to = jsontext.AppendMember(to, `,"validity":{"notBefore":`, gatewayTime(parsed.NotBefore))
	to = jsontext.AppendMember(to, `,"notAfter":`, gatewayTime(parsed.NotAfter))
	to = append(to, `}}`...)

	slices.Reverse(subject)
	slices.Reverse(issuer)
	return &certificate{gateway: to, balancer: []entry{
		{balancerPrefix + "clientcert-serial-number", fmt.Sprintf("%X", bytesOf(parsed.SerialNumber))},
		{balancerPrefix + "clientcert-issuer", strings.Join(issuer, ",")},
		{balancerPrefix + "clientcert-subject", strings.Join(subject, ",")},
		{balancerPrefix + "clientcert-validity", "NotBefore=" + parsed.NotBefore.UTC().Format(time.RFC3339) +
			";NotAfter=" + parsed.NotAfter.UTC().Format(time.RFC3339)},
		{balancerPrefix + "clientcert-leaf", escapePEM.Replace(text)},
	}}
}

// balancerPrefix begins the names of the headers in which a load balancer tells of certificates.
const balancerPrefix = "x-amzn-mtls-"

// escapePEM percent-encodes what a PEM text has besides letters, digits and `+=/-`.
var escapePEM = strings.NewReplacer("\n", "%0A", " ", "%20")

// gatewayTime is the way OpenSSL writes times, "Aug  5 09:36:04 2021 GMT".
func gatewayTime(t time.Time) string { return t.UTC().Format("Jan _2 15:04:05 2006") + " GMT" }

// serialNumber is the way OpenSSL writes serial numbers (X509_print_ex): a small one in decimal digits, a large one as
// "a1:b2".
func serialNumber(n *big.Int) string {
	if n.IsInt64() {
		return n.String()
	}
	var octets []string
	for _, b := range bytesOf(n) {
		octets = append(octets, hex.EncodeToString([]byte{b}))
	}
	return strings.Join(octets, ":")
}

// bytesOf is a number's bytes, at least one.
func bytesOf(n *big.Int) []byte { return n.FillBytes(make([]byte, max(1, (n.BitLen()+7)/8))) }

// nameOf returns the parts of a distinguished name in the order of the certificate, "C=US", "O=Example", "CN=client",
// each as RFC 4514 writes it.
func nameOf(der []byte) []string {
	var sequence pkix.RDNSequence
	// What x509 has parsed is a sequence of this form; a value of a kind that it does not know is nil.
	_, _ = asn1.Unmarshal(der, &sequence)
	var parts []string
	for _, set := range sequence {
		var together []string
		for _, attribute := range set {
			together = append(together, attributeName(attribute.Type)+"="+escapeName(fmt.Sprint(attribute.Value)))
		}
		parts = append(parts, strings.Join(together, "+"))
	}
	return parts
}

// attributeNames are the short names of OpenSSL, which has more than RFC 4514.
var attributeNames = map[string]string{
	"2.5.4.3": "CN", "2.5.4.4": "SN", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST",
	"2.5.4.9": "street", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "title", "2.5.4.17": "postalCode", "2.5.4.42": "GN",
	"2.5.4.97": "organizationIdentifier", "0.9.2342.19200300.100.1.1": "UID", "0.9.2342.19200300.100.1.25": "DC",
	"1.2.840.113549.1.9.1": "emailAddress",
}

func attributeName(id asn1.ObjectIdentifier) string {
	if name, known := attributeNames[id.String()]; known {
		return name
	}
	return id.String()
}

// escapeName escapes an attribute's value as RFC 4514 §2.4 says.
func escapeName(value string) string {
	var to strings.Builder
	for i, c := range value {
		switch {
		case strings.ContainsRune(`"+,;<>\`, c), i == 0 && (c == '#' || c == ' '), i == len(value)-1 && c == ' ':
			to.WriteByte('\\')
			to.WriteRune(c)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&to, `\%02X`, c)
		default:
			to.WriteRune(c)
		}
	}
	return to.String()
}
