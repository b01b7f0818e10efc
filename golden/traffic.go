package golden

import (
	"github.com/funcroute/funcroute/filters/host/memory"
	"github.com/funcroute/funcroute/headermap"
)

// Traffic is a request or an answer as Envoy has it: `:method`, `:path`, `:authority` and `:scheme`, or `:status`, are among the headers.
type Traffic struct {
	Headers *headermap.Map
	// Body is nil if there is none.
	Body []byte
	// Trailers are nil if there are none.
	Trailers *headermap.Map
}

// Request is a message as the request that it writes down.
func (m *Message) Request() Traffic { return Traffic{Headers: m.RequestHeaders(), Body: m.Body} }

// Answer is a message as the answer that it writes down. A case without one has an upstream that answers 200 and nothing else.
func (m *Message) Answer() Traffic {
	if m == nil {
		return Traffic{Headers: headermap.New([2]string{":status", "200"})}
	}
	return Traffic{Headers: m.AnswerHeaders(), Body: m.Body}
}

// message is the traffic as the host in memory takes it.
func (t Traffic) message() memory.Message {
	message := memory.Message{Headers: t.Headers.List()}
	if len(t.Body) > 0 {
		message.Chunks = [][]byte{t.Body}
	}
	if t.Trailers != nil {
		message.Trailers = t.Trailers.List()
	}
	return message
}

func trafficOf(m *memory.Message) Traffic {
	t := Traffic{Headers: headermap.New(m.Headers...), Body: []byte(m.Body())}
	if m.Trailers != nil {
		t.Trailers = headermap.New(m.Trailers...)
	}
	return t
}
