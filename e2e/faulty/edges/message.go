package edges

import (
	"bytes"
	"encoding/hex"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/filters/host/hosttest"
)

// begin says how a message is to go through the filter.
func (s *stream) begin(message host.Message, endOfStream bool) host.Action {
	if endOfStream {
		return host.Continue
	}
	switch s.what {
	case "trailers", "waits for the body":
		return host.Buffer
	case "held pieces", "pieces":
		message.Headers().Remove("content-length")
		return host.Pieces
	}
	return host.Continue
}

// whole handles a whole body.
func (s *stream) whole(message host.Message) host.Action {
	if s.what != "waits for the body" {
		turn(message)
		return host.Continue
	}
	return s.waits(func() host.Action {
		turn(message)
		message.Headers().Remove("content-length")
		message.SetBody(append([]byte("new "), message.Body()...))
		return host.Continue
	})
}

// piece shouts a piece. Held pieces go on with the last one.
func (s *stream) piece(message host.Message, held *[]byte, piece []byte, last bool) ([]byte, host.Action) {
	piece = bytes.ToUpper(piece)
	switch {
	case s.what == "pieces":
		return piece, host.Continue
	case !last:
		*held = append(*held, piece...)
		return nil, host.Hold
	}
	turn(message)
	return append(*held, piece...), host.Continue
}

// turn makes a header of a trailer, removes that, and sets another.
func turn(message host.Message) {
	trailers := message.Trailers()
	if trailers == nil {
		message.Headers().Set("x-turned", "none")
		return
	}
	message.Headers().Set("x-turned", trailers.Get("x-checksum"))
	trailers.Remove("x-checksum")
	trailers.Set("x-added", "1")
}

// waits waits three times, each time for another goroutine, and then goes on.
func (s *stream) waits(then func() host.Action) host.Action {
	left := 3
	var wait func() host.Action
	wait = func() host.Action {
		if left--; left < 0 {
			return then()
		}
		resumer := s.host.Resumer()
		go resumer.Resume(wait)
		return host.Wait
	}
	return wait()
}

// excerpt answers with what the host has of an excerpt, of the cluster and of the route.
func (s *stream) excerpt() host.Action {
	cluster := s.host.AppendExcerpt(nil, hosttest.OfCluster, "text")
	route := s.host.AppendExcerpt(nil, hosttest.OfRoute, "text")
	s.host.SendReply(200, nil, []byte(hex.EncodeToString(cluster)+" "+hex.EncodeToString(route)), "edges_excerpt")
	return host.Replied
}
