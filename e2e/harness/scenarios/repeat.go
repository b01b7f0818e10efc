package scenarios

import (
	"bytes"
	"regexp"
	"strconv"
)

var repetition = regexp.MustCompile(`<repeat (\d+) ([^>]+)>`)

// expandRepetitions writes out `<repeat 1000 a=1&>` in a scenario, so that files with long texts stay short.
func expandRepetitions(content []byte) ([]byte, error) {
	var failure error
	expanded := repetition.ReplaceAllFunc(content, func(match []byte) []byte {
		groups := repetition.FindSubmatch(match)
		times, err := strconv.Atoi(string(groups[1]))
		if err != nil {
			failure = err
			return match
		}
		return bytes.Repeat(groups[2], times)
	})
	return expanded, failure
}
