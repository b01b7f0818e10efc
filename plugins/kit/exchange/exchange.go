// Package exchange asks servers that give secrets and tokens. It goes by what such a conversation must keep to: TLS, unless it does not
// leave the machine; no redirect is followed, for the request holds a secret; an answer has an end; and no error repeats what was sent
// or answered.
package exchange

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/funcroute/funcroute/plugins/kit/files"
)

// maxAnswer bounds what is read of an answer, in bytes; maxCertificates is the same for a file of certificates.
const (
	maxAnswer       = 1 << 20
	maxCertificates = 4 << 20
)

// Server is a server by its base URL. It is safe for concurrent use, and keeps no connection: it is asked too rarely for that, and so
// each request sees the certificates as they then are.
type Server struct {
	base   string
	caFile string
}

// At returns the server at a URL like "https://vault:8200", of which a path may be part. If caFile is not empty, it is the absolute path of
// the certificates, in PEM, that are trusted in place of the system's. Plain HTTP is for this machine alone unless insecure is true. The
// error says what must be different, and does not repeat the URL, in which a password may stand.
func At(address, caFile string, insecure bool) (*Server, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, errors.New("it cannot be parsed")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("it must begin with https://")
	case u.User != nil:
		return nil, errors.New("it must not have a user or a password")
	case u.Hostname() == "":
		return nil, errors.New("it must name a host")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("it must have neither a query nor a fragment")
	case u.Scheme == "http" && !insecure && !isLoopback(u.Hostname()):
		return nil, errors.New("it must begin with https://, for what is sent there is secret; beside a plain http:// must stand insecure: true")
	}
	return &Server{base: strings.TrimRight(u.Scheme+"://"+u.Host+u.EscapedPath(), "/"), caFile: caFile}, nil
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// String is the base URL.
func (s *Server) String() string { return s.base }

// Request is what is sent. Path follows the base URL, is escaped and may have a query.
type Request struct {
	Method, Path string
	Header       http.Header
	Body         []byte
}

// Answer is what comes back, whatever its status, but for redirects.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do asks once. The error names the server.
func (s *Server) Do(ctx context.Context, request Request) (Answer, error) {
	made, err := http.NewRequestWithContext(ctx, request.Method, s.base+request.Path, bytes.NewReader(request.Body))
	if err != nil {
		return Answer{}, fmt.Errorf("%s: the path of the request cannot be written", s)
	}
	for name, values := range request.Header {
		made.Header[name] = values
	}
	transport, err := s.transport()
	if err != nil {
		return Answer{}, err
	}
	client := http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(made)
	if err != nil {
		return Answer{}, fmt.Errorf("%s does not answer%s", s, inBrackets(why(err)))
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode >= 300 && response.StatusCode < 400 {
		return Answer{}, fmt.Errorf("%s answers %d and sends on to %s, which is not followed; give the address that answers itself",
			s, response.StatusCode, origin(response.Header.Get("location")))
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return Answer{}, fmt.Errorf("%s breaks its answer off%s", s, inBrackets(why(err)))
	case len(body) > maxAnswer:
		return Answer{}, fmt.Errorf("%s answers with more than %d bytes", s, maxAnswer)
	}
	return Answer{response.StatusCode, response.Header, body}, nil
}

func (s *Server) transport() (*http.Transport, error) {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, ForceAttemptHTTP2: true}
	if s.caFile == "" {
		return transport, nil
	}
	certificates, err := files.ReadSmall(s.caFile, maxCertificates)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(certificates) {
		return nil, fmt.Errorf("file %s has no certificates in PEM", s.caFile)
	}
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return transport, nil
}

// origin leaves of a URL what may be in a log.
func origin(location string) string {
	u, err := url.Parse(location)
	if err != nil || u.Host == "" {
		return "another path"
	}
	return u.Scheme + "://" + u.Host
}
