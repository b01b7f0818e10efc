package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// answer is what the upstream says to every request: what a Lambda function behind an API Gateway may answer.
const answer = `{"statusCode":200,"headers":{"content-type":"text/plain","x-from":"function"},"body":"hello"}`

var wholeAnswer = fmt.Sprintf("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-amzn-requestid: 5d6c1ff1-8a8c-4b5d\r\n"+
	"x-amz-executed-version: $LATEST\r\ncontent-length: %d\r\n\r\n%s", len(answer), answer)

// serve is the upstream. It does as little as can be, since it shares the machine with Envoy.
func serve() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := os.Stdout.WriteString(listener.Addr().String() + "\n"); err != nil {
		return err
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		go answerAll(connection)
	}
}

func answerAll(connection net.Conn) {
	defer func() { _ = connection.Close() }()
	reader := bufio.NewReaderSize(connection, 64<<10)
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, request.Body); err != nil {
			return
		}
		if err := give(connection, request.URL.Path); err != nil {
			return
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

func give(connection io.Writer, path string) error {
	switch {
	case strings.Contains(path, slowFunction):
		time.Sleep(slowness)
	case strings.Contains(path, largeFunction):
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
	_, err := io.WriteString(connection, wholeAnswer)
	return err
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
	if err := command.Start(); err != nil {
		return "", nil, err
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	return strings.TrimSpace(line), func() { _ = command.Process.Kill(); _ = command.Wait() }, err
}
