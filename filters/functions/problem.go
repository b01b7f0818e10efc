package functions

import (
	"net/http"
	"strconv"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/filters/problem"
	"github.com/funcroute/funcroute/plugins"
)

// fail answers the client with an error, before anything has been sent.
func (s *stream) fail(err error) host.Action {
	return s.reply(s.count(err))
}

func (s *stream) reply(failure *plugins.Error) host.Action { return problem.Reply(s.host, failure) }

// failAnswer puts an error in the place of the upstream's answer. bodyOver says that no more of the answer will come.
//
// In a listener it is a local reply, whose response code detail tells the reason. In a cluster a local reply would go
// past Envoy's retries and statistics, so the answer itself is changed.
func (s *stream) failAnswer(err error, bodyOver bool) host.Action {
	s.annotateAll(s.answer.Annotations())
	s.answer = nil
	if !s.host.InCluster() {
		return s.fail(err)
	}
	s.failure = s.count(err)
	if !bodyOver {
		return host.Buffer
	}
	return s.finishFailure()
}

// finishFailure ends an answer in whose place there is a failure.
func (s *stream) finishFailure() host.Action {
	if s.attempt.besides() {
		return s.reply(s.failure)
	}
	s.host.Answer().SetBody(s.replaceAnswer())
	return host.Done
}

// replyInstead gives a held back answer as a local reply if it must be, see hedged.
func (s *stream) replyInstead(body []byte) (replied bool) {
	if !s.hedged() {
		return false
	}
	var list [][2]string
	status := http.StatusBadGateway
	s.host.Answer().Headers().Range(func(name, value string) bool {
		switch {
		case name == ":status":
			status, _ = strconv.Atoi(value)
		case name != "content-length" && name[0] != ':':
			list = append(list, [2]string{name, value})
		}
		return true
	})
	s.host.SendReply(status, list, body, "funcroute_hedged")
	return true
}

// hedged reports whether a held back answer is one that Envoy might retry, while another attempt is under way. Envoy's
// router then takes the answer's body for that of the other attempt, and the process ends (router.cc, onUpstreamData: the
// case that its comment tells of is only handled where there is no other attempt). So such an answer is the last word.
func (s *stream) hedged() bool {
	return s.attempt.besides() && s.host.Answer().Headers().Get(":status") >= "400"
}

// replaceAnswer turns the answer's headers into those of the failure and returns the body that goes with them.
func (s *stream) replaceAnswer() []byte {
	headers := s.host.Answer().Headers()
	headers.RemoveFunc(func(name string) bool { return name[0] != ':' })
	headers.Set(":status", strconv.Itoa(s.failure.HTTPStatus()))
	for _, header := range problem.Headers(s.failure) {
		headers.Set(header[0], header[1])
	}
	body := problem.Body(s.failure)
	setContentLength(headers, len(body))
	if s.head {
		body = nil
	}
	s.failure = nil
	return body
}

// count brings an error into its form for clients, and tells operators of it.
func (s *stream) count(err error) *plugins.Error {
	failure := problem.Tell(s.config.log, err)
	s.host.Record(s.config.metrics.ofReason(failure.Reason), 1)
	s.annotate("error", string(failure.Reason))
	return failure
}

func setContentLength(headers host.Headers, length int) {
	headers.Set("content-length", strconv.Itoa(length))
}
