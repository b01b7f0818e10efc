package harness

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/funcroute/funcroute/golden"
	"github.com/funcroute/funcroute/headermap"
)

// Answer is what a client has received.
type Answer struct {
	Headers *headermap.Map
	Body    []byte
	// Client is the address from which the request was sent. Its access log entry is found by it.
	Client string
}

// Status is the answer's status.
func (a Answer) Status() int {
	status, _ := strconv.Atoi(a.Headers.Get(":status"))
	return status
}

func (a Answer) String() string {
	return fmt.Sprintf("%s %s", a.Headers.Get(":status"), a.Body)
}

// Send sends a request on a connection of its own. The request has exactly the headers given, and content-length if it has a body and no
// header says its length. A request line with HTTP/2 is sent with HTTP/2 from the start (prior knowledge). The headers that `trailer`
// names are sent as trailers.
func Send(address string, request *golden.Message) (Answer, error) {
	if strings.HasPrefix(request.Protocol(), "HTTP/2") {
		return sendHTTP2(address, request)
	}
	connection, err := net.DialTimeout("tcp", address, Patience)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = connection.Close() }()
	_ = connection.SetDeadline(time.Now().Add(Patience))
	if _, err := connection.Write(Wire(request)); err != nil {
		return Answer{}, err
	}
	return receive(connection, request)
}

// WantStatus sends a request without a body. It returns an error if the answer has another status.
func WantStatus(address, requestLine string, want int) error {
	request, err := ParseMessage(requestLine, "")
	if err != nil {
		return err
	}
	answer, err := Send(address, request)
	if err != nil {
		return err
	}
	if answer.Status() != want {
		return fmt.Errorf("got %s, want status %d", answer, want)
	}
	return nil
}

// Connection is an HTTP/1.1 connection that is kept for many requests.
type Connection struct {
	net.Conn
	reader *bufio.Reader
}

// Dial opens a connection.
func Dial(address string) (*Connection, error) {
	connection, err := net.DialTimeout("tcp", address, Patience)
	if err != nil {
		return nil, err
	}
	return &Connection{connection, bufio.NewReader(connection)}, nil
}

// Send sends a request as the function [Send] does, on this connection.
func (c *Connection) Send(request *golden.Message) (Answer, error) {
	_ = c.SetDeadline(time.Now().Add(Patience))
	if _, err := c.Write(Wire(request)); err != nil {
		return Answer{}, err
	}
	return receiveFrom(c.reader, c.LocalAddr().String(), request)
}

func receive(connection net.Conn, request *golden.Message) (Answer, error) {
	return receiveFrom(bufio.NewReader(connection), connection.LocalAddr().String(), request)
}

func receiveFrom(reader *bufio.Reader, client string, request *golden.Message) (Answer, error) {
	method, _, _ := request.RequestLine()
	response, err := http.ReadResponse(reader, &http.Request{Method: method})
	if err != nil {
		return Answer{}, err
	}
	return answerOf(response, client)
}

func answerOf(response *http.Response, client string) (Answer, error) {
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	headers := headermap.New([2]string{":status", strconv.Itoa(response.StatusCode)})
	addAll(headers, response.Header)
	addAll(headers, response.Trailer)
	answer := Answer{Headers: headers, Body: body, Client: client}
	if leaked := leaks(answer.shown(), knownSecrets()); len(leaked) > 0 {
		err = errors.New(strings.Join(leaked, "; "))
	}
	return answer, err
}

func (a Answer) shown() map[string]func() string {
	return map[string]func() string{
		"an answer's headers": func() string { return fmt.Sprint(a.Headers.List()) },
		"an answer's body":    func() string { return string(a.Body) },
	}
}

func addAll(headers *headermap.Map, from http.Header) {
	for name, values := range from {
		for _, value := range values {
			headers.Add(strings.ToLower(name), value)
		}
	}
}

// Wire is a request as bytes of HTTP/1.1.
func Wire(request *golden.Message) []byte {
	method, target, _ := request.RequestLine()
	headers, trailers := splitTrailers(request)
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s %s HTTP/1.1\r\n", method, target)
	if headers.Get("host") == "" {
		headers.Set("host", "example.com")
	}
	chunked := headers.Get("transfer-encoding") == "chunked" || len(trailers) > 0
	switch {
	case chunked:
		headers.Set("transfer-encoding", "chunked")
	case len(request.Body) > 0 && headers.Get("content-length") == "":
		headers.Set("content-length", strconv.Itoa(len(request.Body)))
	}
	for _, header := range headers.List() {
		fmt.Fprintf(&text, "%s: %s\r\n", header[0], header[1])
	}
	text.WriteString("\r\n")
	if !chunked {
		text.Write(request.Body)
		return text.Bytes()
	}
	for chunk := range slices.Chunk(request.Body, max(1, len(request.Body)/3)) { // More than one, so that there is something to put together.
		fmt.Fprintf(&text, "%x\r\n%s\r\n", len(chunk), chunk)
	}
	text.WriteString("0\r\n")
	for _, trailer := range trailers {
		fmt.Fprintf(&text, "%s: %s\r\n", trailer[0], trailer[1])
	}
	text.WriteString("\r\n")
	return text.Bytes()
}

// splitTrailers takes the headers that `trailer` names out of the others.
func splitTrailers(request *golden.Message) (*headermap.Map, [][2]string) {
	headers := headermap.New(request.Headers...)
	var trailers [][2]string
	for name := range strings.SplitSeq(headers.Get("trailer"), ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" {
			trailers = append(trailers, [2]string{name, headers.Get(name)})
			headers.Remove(name)
		}
	}
	return headers, trailers
}

func sendHTTP2(address string, message *golden.Message) (Answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	transport := &http.Transport{DisableCompression: true, Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	var client string
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { client = info.Conn.LocalAddr().String() },
	})
	method, target, _ := message.RequestLine()
	headers, trailers := splitTrailers(message)
	path, query, _ := strings.Cut(target, "?")
	request := &http.Request{
		Method: method,
		URL:    &url.URL{Scheme: "http", Host: address, Opaque: path, RawQuery: query},
		Host:   headers.Get("host"),
		Header: http.Header{"User-Agent": nil},
	}
	headers.Remove("host")
	headers.Remove("trailer")
	for _, header := range headers.List() {
		request.Header.Add(header[0], header[1])
	}
	if len(message.Body) > 0 || len(trailers) > 0 {
		request.Body = io.NopCloser(bytes.NewReader(message.Body))
		request.ContentLength = int64(len(message.Body))
	}
	for _, trailer := range trailers {
		request.ContentLength = -1
		if request.Trailer == nil {
			request.Trailer = http.Header{}
		}
		request.Trailer.Add(trailer[0], trailer[1])
	}
	response, err := transport.RoundTrip(request.WithContext(ctx))
	if err != nil {
		return Answer{}, err
	}
	return answerOf(response, client)
}
