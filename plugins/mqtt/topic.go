package mqtt

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/funcroute/funcroute/plugins/kit/queue"
)

// topicRule says what a topic consists of: levels, which may be empty. Topics that begin with $ are the broker's own, by some of which it is
// configured ($CONTROL/…).
var topicRule = queue.Rule{
	What: "the topic", Separator: "/", Forbidden: "+#", EmptyParts: true, Longest: 1024,
	Reserved: func(topic string) bool { return strings.HasPrefix(topic, "$") },
}

// mostLevels is how many levels a topic may have. Mosquitto closes the connection when one has more than 200.
const mostLevels = 128

// longestText is how many bytes a text of the protocol may have.
const longestText = 65535

// topicProblem says what is wrong with a whole topic, "" if nothing is.
func topicProblem(topic string) string {
	if strings.Count(topic, "/") >= mostLevels {
		return fmt.Sprintf("has more than %d levels", mostLevels)
	}
	return problemOf(topic)
}

// problemOf says why a text can be none of the protocol's, "" if it can (MQTT 5, §1.5.4). A broker may close the connection for one
// that cannot, or that only should not, be sent, and with it all other messages would be lost.
func problemOf(text string) string {
	if len(text) > longestText {
		return fmt.Sprintf("is longer than %d bytes", longestText)
	}
	if !utf8.ValidString(text) {
		return "is not valid UTF-8"
	}
	for _, r := range text {
		const lastControl, firstNone, lastNone, plane = 0x9f, 0xfdd0, 0xfdef, 0xfffe
		switch {
		case r < ' ', r >= 0x7f && r <= lastControl:
			return "holds a control character"
		case r >= firstNone && r <= lastNone, r&plane == plane:
			return "holds what Unicode says is no character"
		}
	}
	return ""
}
