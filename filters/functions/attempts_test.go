package functions

import (
	"slices"
	"testing"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// sent is a request of which attempts are made. Its headers are out of reach once it is torn down.
type sent struct {
	*plugintest.Headers
	keeps bool // as Envoy 1.40 does
	kept  [][2]string
	torn  bool
}

func (s *sent) Request() host.Message {
	if s.torn {
		return sentMessage{headers: plugintest.NewHeaders()}
	}
	return sentMessage{headers: s.Headers}
}

type sentMessage struct {
	host.Message
	headers host.Headers
}

func (m sentMessage) Headers() host.Headers { return m.headers }

func (s *sent) KeepHeaders(headers [][2]string) {
	if s.keeps && !s.torn {
		s.kept = headers
	}
}

func (s *sent) KeptHeaders() [][2]string { return s.kept }

func TestAttempts(t *testing.T) {
	original := [][2]string{{":method", "GET"}, {":path", "/a"}, {"cookie", "x"}, {"many", "1"}, {"many", "2"}}
	rewrite := func(h *sent) {
		h.Set(":path", "/called")
		h.Set("authorization", "signed")
		h.Remove("cookie")
		h.Set("many", "3")
	}
	begin := func(a *attempts, id string, h *sent) *attempt {
		t := a.begin(id, h)
		t.keep(h)
		return t
	}
	isOriginal := func(h *sent) bool {
		got, want := h.List(), slices.Clone(original)
		byText := func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }
		slices.SortFunc(got, byText)
		slices.SortFunc(want, byText)
		return slices.Equal(got, want)
	}

	t.Run("a retry finds what the client sent", func(t *testing.T) {
		a, h := newAttempts(), &sent{Headers: plugintest.NewHeaders(original...)}
		first := begin(a, "", h)
		rewrite(h)
		first.release(h)
		first.release(h)
		if !isOriginal(h) {
			t.Errorf("headers after the first attempt = %v, want %v", h.List(), original)
		}
		second := begin(a, first.id, h)
		rewrite(h)
		second.release(h)
		if !isOriginal(h) || len(a.live) != 0 {
			t.Errorf("headers after the second attempt = %v, %d alive, want %v and none", h.List(), len(a.live), original)
		}
	})
	t.Run("a hedged attempt finds what the client sent", func(t *testing.T) {
		a, h := newAttempts(), &sent{Headers: plugintest.NewHeaders(original...)}
		first := begin(a, "", h)
		rewrite(h)
		if first.besides() {
			t.Error("the first attempt is not alone")
		}
		second := begin(a, first.id, h)
		if !first.besides() || !second.besides() {
			t.Error("two attempts do not know of each other")
		}
		if !isOriginal(h) {
			t.Errorf("headers at the second attempt = %v, want %v", h.List(), original)
		}
		rewrite(h)
		first.release(h)
		if h.Get("authorization") != "signed" {
			t.Error("the first attempt took back headers that the second has yet to send")
		}
		if !first.besides() || second.besides() {
			t.Error("the first attempt is over, the second is not")
		}
		second.release(h)
		if !isOriginal(h) || len(a.live) != 0 {
			t.Errorf("headers at the end = %v, %d alive, want %v and none", h.List(), len(a.live), original)
		}
	})
	t.Run("a retry finds what the client sent where an attempt ends too late", func(t *testing.T) {
		a, h := newAttempts(), &sent{Headers: plugintest.NewHeaders(original...), keeps: true}
		first := begin(a, "", h)
		rewrite(h)
		h.torn = true
		first.release(h)
		h.torn = false
		if h.Get("authorization") != "signed" || len(a.live) != 0 {
			t.Errorf("headers after the first attempt = %v, %d alive, want them as they were sent and none", h.List(), len(a.live))
		}
		second := begin(a, first.id, h)
		if !isOriginal(h) {
			t.Errorf("headers at the second attempt = %v, want %v", h.List(), original)
		}
		rewrite(h)
		second.release(h)
		if !isOriginal(h) || len(a.live) != 0 {
			t.Errorf("headers after the second attempt = %v, %d alive, want %v and none", h.List(), len(a.live), original)
		}
		h.Set("x-envoy-attempt-count", "3")
		third := begin(a, first.id, h)
		if h.Get("x-envoy-attempt-count") != "3" {
			t.Error("the third attempt took back what Envoy has written since the second has put all back")
		}
		third.release(h)
	})
	t.Run("an attempt that changed nothing changes nothing", func(t *testing.T) {
		a, h := newAttempts(), &sent{Headers: plugintest.NewHeaders(original...)}
		first := a.begin("", h)
		h.Set("by-another-filter", "1")
		first.release(h)
		if h.Get("by-another-filter") != "1" {
			t.Error("another filter's header is gone")
		}
	})
	t.Run("no attempt at all", func(*testing.T) {
		var none *attempt
		none.keep(nil)
		if none.besides() {
			t.Error("no attempt has another besides it")
		}
		none.release(nil)
	})
}
