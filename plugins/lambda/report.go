package lambda

import (
	"bytes"
	"encoding/base64"
	"strings"

	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/plugins"
)

// figure is a number that Lambda reports at the end of an invocation. It has the name that the number has in a log of text and in one of
// JSON, its unit there, and the annotation that it becomes.
type figure struct{ label, unit, member, annotation string }

var figures = [...]figure{
	{"Duration", " ms", "durationMs", "duration"},
	{"Billed Duration", " ms", "billedDurationMs", "billed_duration"},
	{"Init Duration", " ms", "initDurationMs", "init_duration"},
	{"Max Memory Used", " MB", "maxMemoryUsedMB", "memory"},
}

const reportBegin = "REPORT RequestId:"

// annotateReport finds the last report in the end of a function's log, and annotates its figures. The log itself goes no further: it is
// the function's, and may hold anything. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
func annotateReport(r *plugins.Answer, encoded string) {
	log, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return
	}
	for len(log) > 0 {
		line := log[bytes.LastIndexByte(log, '\n')+1:]
		log = bytes.TrimSuffix(log[:len(log)-len(line)], []byte("\n"))
		line = bytes.TrimRight(line, "\r\t ")
		if text, is := bytes.CutPrefix(line, []byte(reportBegin)); is {
			annotateText(r, string(text))
			return
		}
		if bytes.Contains(line, []byte(`"platform.report"`)) && line[0] == '{' && jsontext.Valid(line) {
			annotateJSON(r, line)
			return
		}
	}
}

// annotateText reads a report in the log format `Text`: "7\tDuration: 1.23 ms\tBilled Duration: 2 ms\t…".
func annotateText(r *plugins.Answer, report string) {
	for part := range strings.SplitSeq(report, "\t") {
		label, value, _ := strings.Cut(part, ": ")
		for _, f := range figures {
			if number, is := strings.CutSuffix(value, f.unit); is && label == f.label && isFigure(number) {
				r.Annotate(f.annotation, number)
			}
		}
	}
}

// annotateJSON reads a report in the log format `JSON`: {"type":"platform.report","record":{"metrics":{"durationMs":1.23}}}.
func annotateJSON(r *plugins.Answer, report []byte) {
	metrics := member(member(report, "record"), "metrics")
	for _, f := range figures {
		if number := string(member(metrics, f.member)); isFigure(number) {
			r.Annotate(f.annotation, number)
		}
	}
}

// member returns the value of an object's member, nil if there is none or it is no object.
func member(object []byte, name string) []byte {
	var found []byte
	if len(object) > 0 && object[0] == '{' {
		_ = jsontext.Members(object, func(n, value []byte) error {
			if string(n) == name {
				found = value
			}
			return nil
		})
	}
	return found
}

// isFigure reports whether a text is a number. A function can write anything into its log, and only numbers may get into ours.
func isFigure(text string) bool {
	const longest = 16
	return len(text) <= longest && all(text, func(c byte) bool { return '0' <= c && c <= '9' || c == '.' })
}
