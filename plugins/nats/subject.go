package nats

import (
	"strings"

	"github.com/funcroute/funcroute/plugins/kit/queue"
)

// subjectRule says what a subject consists of. The server itself does not look: a message to `orders.*` reaches the streams that match
// it, and nobody who publishes to `a..b` is ever told that this is none.
var subjectRule = queue.Rule{
	What: "the subject", Separator: ".", Forbidden: "*> \t\r\n\f\v", Reserved: isReservedSubject, Longest: longestSubject,
}

// longestSubject keeps the line that begins a message below the server's max_control_line, 4096 bytes, beyond which it closes the
// connection, and with it that of all others.
const longestSubject = 1024

// isReservedSubject reports whether a subject is one of the server's own, by which streams can be deleted ($JS.API…), or an inbox, in
// which somebody waits for a reply.
func isReservedSubject(subject string) bool {
	return strings.HasPrefix(subject, "$") || strings.HasPrefix(subject, "_")
}

// isServers reports whether a header means something to the server: one to expect something of the stream, to make it delete messages
// (nats-rollup), or to have a message expire.
func isServers(name string) bool {
	return strings.HasPrefix(name, "nats-") || name == "status" || name == "description"
}

// isStreamName reports whether a text can be the name of a stream.
func isStreamName(name string) bool {
	return len(name) <= 255 && !strings.ContainsAny(name, ".*> \t\r\n\f\v/\\")
}
