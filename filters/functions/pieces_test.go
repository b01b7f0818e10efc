package functions

import (
	"testing"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins"
)

// still is a host whose streams have neither trailers nor headers of note.
type still struct{ host.Stream }

type bare struct{ host.Message }

func (still) Record(host.Metric, uint64) {}
func (still) InCluster() bool            { return false }
func (still) Request() host.Message      { return bare{} }
func (still) Answer() host.Message       { return bare{} }
func (bare) Trailers() host.Headers      { return nil }

// pairwise is ready with every second piece.
type pairwise struct{ odd bool }

func (p *pairwise) Decode(piece []byte, last bool) ([]byte, bool, error) {
	p.odd = !p.odd
	return piece, !p.odd || last, nil
}

// Where an answer arrives while the request still goes up, as in a call of gRPC that streams both ways, what is held of either stays
// on its own way: else the client would get its own request back, or the upstream the answer.
func TestWhatIsHeldOfBothWaysIsNotMixed(t *testing.T) {
	s := &stream{config: &config{metrics: &metrics{}}, host: still{}, encoder: &pairwise{}, decoder: &pairwise{}, streamed: true}
	s.request, s.answer = &s.ownRequest, &s.ownAnswer
	*s.request, *s.answer = plugins.Request{}, plugins.Answer{}
	if out, action := s.RequestPiece([]byte("request 1 "), false); action != host.Hold || len(out) > 0 {
		t.Fatalf("got %q, %v, want it held", out, action)
	}
	if out, action := s.AnswerPiece([]byte("answer 1 "), false); action != host.Hold || len(out) > 0 {
		t.Fatalf("got %q, %v, want it held", out, action)
	}
	if out, _ := s.RequestPiece([]byte("request 2"), true); string(out) != "request 1 request 2" {
		t.Errorf("to the upstream goes %q, want the request", out)
	}
	if out, _ := s.AnswerPiece([]byte("answer 2"), true); string(out) != "answer 1 answer 2" {
		t.Errorf("to the client goes %q, want the answer", out)
	}
}
