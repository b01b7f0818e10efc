package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// answer is what the upstream says to every request: what a Lambda function behind an API Gateway may answer.
const answer = `{"statusCode":200,"headers":{"content-type":"text/plain","x-from":"function"},"body":"hello"}`

var wholeAnswer = fmt.Appendf(nil, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-amzn-requestid: 5d6c1ff1-8a8c-4b5d\r\n"+
	"x-amz-executed-version: $LATEST\r\ncontent-length: %d\r\n\r\n%s", len(answer), answer)

// serve is the upstream. It does as little as can be, on one processor, since it shares the machine with Envoy.
func serve() error {
	runtime.GOMAXPROCS(1)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := os.Stdout.WriteString(listener.Addr().String() + "\n"); err != nil {
		return err
	}
	go func() { // What has started it is gone, in whatever way.
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			_ = answerAll(connection)
			_ = connection.Close()
		}()
	}
}

// answerAll answers request after request, until the connection ends. Names of headers are as Envoy writes them, in small
// letters.
func answerAll(connection io.ReadWriter) error {
	reader := bufio.NewReaderSize(connection, 64<<10)
	for {
		head, err := readHead(reader)
		if err != nil {
			return err
		}
		line, _, _ := bytes.Cut(head, lineEnd)
		answer := answerTo(line)
		chunked := bytes.Contains(head, []byte("\r\ntransfer-encoding: chunked\r\n"))
		length, err := contentLength(head)
		if err != nil {
			return err
		}
		if _, err := reader.Discard(len(head) + length); err != nil { // From here on, head is no more.
			return err
		}
		if chunked {
			if err := discardChunks(reader); err != nil {
				return err
			}
		}
		if err := answer(connection); err != nil {
			return err
		}
	}
}

var lineEnd, headEnd = []byte("\r\n"), []byte("\r\n\r\n")

// readHead waits for a whole head and returns it, without taking it from the reader.
func readHead(reader *bufio.Reader) ([]byte, error) {
	for {
		buffered, _ := reader.Peek(reader.Buffered())
		if end := bytes.Index(buffered, headEnd); end >= 0 {
			return buffered[:end+len(headEnd)], nil
		}
		if _, err := reader.Peek(len(buffered) + 1); err != nil {
			return nil, err
		}
	}
}

func contentLength(head []byte) (int, error) {
	_, value, found := bytes.Cut(head, []byte("\r\ncontent-length: "))
	if !found {
		return 0, nil
	}
	value, _, _ = bytes.Cut(value, lineEnd)
	return strconv.Atoi(string(value))
}

func discardChunks(reader *bufio.Reader) error {
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseUint(string(bytes.TrimRight(line, "\r\n")), 16, 31)
		if err != nil {
			return err
		}
		if size == 0 {
			break
		}
		if _, err := reader.Discard(int(size) + len(lineEnd)); err != nil {
			return err
		}
	}
	for { // Trailers, until an empty line.
		if line, err := reader.ReadSlice('\n'); err != nil || len(line) <= len(lineEnd) {
			return err
		}
	}
}

// What the functions of the scale run are called, and what they do.
const (
	slowFunction  = "bench-slow"
	largeFunction = "bench-large"
	slowness      = 5 * time.Second
	largeness     = 100 << 20
)

// answerTo tells from a request's first line what is to be done.
func answerTo(line []byte) func(io.Writer) error {
	switch {
	case bytes.Contains(line, []byte(slowFunction)):
		return func(connection io.Writer) error {
			time.Sleep(slowness)
			return answerShort(connection)
		}
	case bytes.Contains(line, []byte(largeFunction)):
		return answerLarge
	}
	return answerShort
}

func answerShort(connection io.Writer) error {
	_, err := connection.Write(wholeAnswer)
	return err
}

func answerLarge(connection io.Writer) error {
	if _, err := fmt.Fprintf(connection, "HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n", largeness); err != nil {
		return err
	}
	piece := make([]byte, 64<<10)
	for range largeness / len(piece) {
		if _, err := connection.Write(piece); err != nil {
			return err
		}
	}
	return nil
}

// startUpstream starts the upstream as a process of its own and returns its address.
func startUpstream() (address string, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	command := exec.Command(self, "-upstream")
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if _, err := command.StdinPipe(); err != nil { // Its end is the upstream's.
		return "", nil, err
	}
	if err := command.Start(); err != nil {
		return "", nil, err
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	return strings.TrimSpace(line), func() { _ = command.Process.Kill(); _ = command.Wait() }, err
}
