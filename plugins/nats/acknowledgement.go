package nats

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/queue"
)

// acknowledgement is what JetStream says of a message
// (https://docs.nats.io/reference/reference-protocols/nats_api_reference, JSON schema io.nats.jetstream.api.v1.pub_ack_response).
type acknowledgement struct {
	Stream    string    `json:"stream"`
	Sequence  uint64    `json:"seq"`
	Duplicate bool      `json:"duplicate"`
	Error     *apiError `json:"error"`
}

// apiError is an error of JetStream's. Code is like HTTP's, ErrCode says which of all errors it is.
type apiError struct {
	Code        int    `json:"code"`
	ErrCode     int    `json:"err_code"`
	Description string `json:"description"`
}

func (e *apiError) Error() string {
	return fmt.Sprintf("JetStream error %d (%d): %s", e.ErrCode, e.Code, e.Description)
}

// Errors of JetStream's by their numbers (https://github.com/nats-io/nats-server/blob/v2.15.2/server/errors.json).
const (
	insufficientResources   = 10023
	memoryExceeded          = 10028
	storageExceeded         = 10047
	storeFailed             = 10077 // also for the limits of a stream that discards new messages
	messageTooLarge         = 10054
	tooManyUnacknowledged   = 10167
	accountResourceExceeded = 10002
)

// acknowledged is the reply for what JetStream has said.
func acknowledged(data []byte) (*plugins.Reply, error) {
	var said acknowledgement
	if err := json.Unmarshal(data, &said); err != nil || said.Error == nil && (said.Stream == "" || said.Sequence == 0) {
		return nil, plugins.Errorf(plugins.InvalidAnswer, "Somebody has answered the message, but not a stream. Whether it is stored is not known.").Because(err)
	}
	if said.Error != nil {
		return nil, refused(said.Error)
	}
	facts := []queue.Fact{
		{Name: "stream", Text: said.Stream},
		{Name: "sequence", Number: said.Sequence, Kind: queue.IsNumber},
	}
	if said.Duplicate {
		facts = append(facts, queue.Fact{Name: "duplicate", Kind: queue.IsTrue})
	}
	return queue.Accepted(facts...), nil
}

// refused is the error of a message that the stream has not taken.
func refused(said *apiError) error {
	switch said.ErrCode {
	case insufficientResources, memoryExceeded, storageExceeded, storeFailed, tooManyUnacknowledged, accountResourceExceeded:
		return queue.Overloaded("The stream is full. The message was not stored; try again later.").Because(said)
	case messageTooLarge:
		return queue.TooLarge().Because(said)
	}
	if said.Code == http.StatusServiceUnavailable {
		return queue.Unavailable("The broker cannot store messages now. This one was not stored; try again later.").Because(said)
	}
	return queue.Rejected("The stream does not take the message.").Because(said)
}
