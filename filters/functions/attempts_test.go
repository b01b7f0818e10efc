package functions

import (
	"slices"
	"testing"

	"github.com/funcroute/funcroute/plugins/plugintest"
)

func TestAttempts(t *testing.T) {
	original := [][2]string{{":path", "/a"}, {"cookie", "x"}, {"many", "1"}, {"many", "2"}}
	rewrite := func(h *plugintest.Headers) {
		h.Set(":path", "/called")
		h.Set("authorization", "signed")
		h.Remove("cookie")
		h.Set("many", "3")
	}
	begin := func(a *attempts, id string, h *plugintest.Headers) *attempt {
		t := a.begin(id, h)
		t.keep(h)
		return t
	}
	isOriginal := func(h *plugintest.Headers) bool {
		got, want := h.List(), slices.Clone(original)
		byText := func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }
		slices.SortFunc(got, byText)
		slices.SortFunc(want, byText)
		return slices.Equal(got, want)
	}

	t.Run("a retry finds what the client sent", func(t *testing.T) {
		a, h := newAttempts(), plugintest.NewHeaders(original...)
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
		a, h := newAttempts(), plugintest.NewHeaders(original...)
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
	t.Run("an attempt that changed nothing changes nothing", func(t *testing.T) {
		a, h := newAttempts(), plugintest.NewHeaders(original...)
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
