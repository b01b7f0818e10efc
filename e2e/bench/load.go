package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// body is what requests carry. A negative size is no body at all.
type body struct {
	name     string
	size     int
	streamed bool
	// clients is how many requests run at a time. Those that still run in the end cost and do not count, which large ones
	// would show.
	clients int
}

var bodies = []body{
	{name: "none", size: -1, clients: 32},
	{name: "1 KB", size: 1 << 10, clients: 32},
	{name: "64 KB", size: 64 << 10, clients: 32},
	{name: "1 MB", size: 1 << 20, clients: 4},
	{name: "64 KB streamed", size: 64 << 10, streamed: true, clients: 32},
}

// load is what a run was like for the clients.
type load struct {
	requests  int
	perSecond float64
	p50, p99  time.Duration
}

// generator makes requests of one kind.
type generator interface {
	run(address string, duration time.Duration) (load, error)
}

// wrk speaks HTTP/1.1.
type wrk struct {
	script, path string
	clients      int
}

// newWrk writes a script with the request, and its body beside it.
func newWrk(dir string, j job, b body) (*wrk, error) {
	var script strings.Builder
	for _, header := range requestHeaders(j, b) {
		fmt.Fprintf(&script, "wrk.headers['%s'] = '%s'\n", header[0], header[1])
	}
	if b.size >= 0 {
		content, file := j.content(b.size), filepath.Join(dir, "body")
		if b.streamed {
			content = chunked(content)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			return nil, err
		}
		fmt.Fprintf(&script, "wrk.method = 'POST'\nlocal body = io.open('%s', 'rb'):read('*a')\n", file)
		if b.streamed {
			script.WriteString("wrk.headers['transfer-encoding'] = 'chunked'\nlocal whole\n" +
				"request = function() whole = whole or wrk.format() .. body; return whole end\n")
		} else {
			script.WriteString("wrk.body = body\n")
		}
	}
	w := &wrk{script: filepath.Join(dir, "script.lua"), path: j.path, clients: b.clients}
	return w, os.WriteFile(w.script, []byte(script.String()), 0o600)
}

func requestHeaders(j job, b body) [][2]string {
	if b.size < 0 {
		return j.headers
	}
	return append(slices.Clone(j.headers), [2]string{"content-type", j.typeOfContent()})
}

// chunked is a body in eight pieces and some.
func chunked(content string) string {
	var chunks strings.Builder
	for piece := range slices.Chunk([]byte(content), max(1, len(content)/8)) {
		fmt.Fprintf(&chunks, "%x\r\n%s\r\n", len(piece), piece)
	}
	return chunks.String() + "0\r\n\r\n"
}

func (w *wrk) run(address string, duration time.Duration) (load, error) {
	output, err := exec.Command("wrk", "--latency", "-t1", "-c"+strconv.Itoa(w.clients), "-d"+seconds(duration),
		"-s", w.script, "http://"+address+w.path).CombinedOutput()
	if err != nil {
		return load{}, fmt.Errorf("wrk: %w\n%s", err, output)
	}
	text := string(output)
	if strings.Contains(text, "Non-2xx") || strings.Contains(text, "Socket errors") {
		return load{}, fmt.Errorf("not all went well:\n%s", text)
	}
	var l load
	if l.requests, err = strconv.Atoi(find(text, `(\d+) requests in`)); err != nil {
		return load{}, fmt.Errorf("wrk says something unknown:\n%s", text)
	}
	l.perSecond, _ = strconv.ParseFloat(find(text, `Requests/sec: +([\d.]+)`), 64)
	l.p50, _ = time.ParseDuration(find(text, ` 50% +(\S+)`))
	l.p99, _ = time.ParseDuration(find(text, ` 99% +(\S+)`))
	return l, nil
}

func seconds(d time.Duration) string { return strconv.Itoa(max(1, int(d.Seconds()))) }

func find(text, pattern string) string {
	match := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if match == nil {
		return ""
	}
	return match[1]
}

// h2load speaks HTTP/2.
type h2load struct {
	arguments []string
	path, log string
	clients   int
}

// newH2load writes a file with the body.
func newH2load(dir string, j job, b body) (*h2load, error) {
	h := &h2load{path: j.path, log: filepath.Join(dir, "log"), clients: b.clients}
	if b.size >= 0 {
		file := filepath.Join(dir, "body")
		if err := os.WriteFile(file, []byte(j.content(b.size)), 0o600); err != nil {
			return nil, err
		}
		h.arguments = append(h.arguments, "-d", file)
	}
	for _, header := range requestHeaders(j, b) {
		h.arguments = append(h.arguments, "-H", header[0]+": "+header[1])
	}
	return h, nil
}

func (h *h2load) run(address string, duration time.Duration) (load, error) {
	const connections = 4
	arguments := append(slices.Clone(h.arguments), "-D", seconds(duration), "-c", strconv.Itoa(connections),
		"-m", strconv.Itoa(h.clients/connections), "--log-file", h.log, "http://"+address+h.path)
	output, err := exec.Command("h2load", arguments...).CombinedOutput()
	if err != nil {
		return load{}, fmt.Errorf("h2load: %w\n%s", err, output)
	}
	text := string(output)
	if find(text, `(\d+) failed`) != "0" || find(text, `(\d+) 4xx`) != "0" || find(text, `(\d+) 5xx`) != "0" {
		return load{}, fmt.Errorf("not all went well:\n%s", text)
	}
	var l load
	l.perSecond, _ = strconv.ParseFloat(find(text, `, ([\d.]+) req/s`), 64)
	times, err := h.times()
	if err != nil {
		return load{}, fmt.Errorf("h2load's log: %w", err)
	}
	if len(times) == 0 {
		return l, nil
	}
	l.requests = len(times)
	slices.Sort(times)
	l.p50, l.p99 = times[len(times)/2], times[len(times)*99/100]
	return l, nil
}

// times reads what h2load has written of each request: its beginning, its status and its microseconds.
func (h *h2load) times() ([]time.Duration, error) {
	file, err := os.Open(h.log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close(); _ = os.Remove(h.log) }()
	var times []time.Duration
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 3 {
			continue
		}
		microseconds, err := strconv.Atoi(fields[2])
		if err != nil {
			return nil, err
		}
		times = append(times, time.Duration(microseconds)*time.Microsecond)
	}
	return times, lines.Err()
}
