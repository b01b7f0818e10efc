package dynamicmodule

import (
	"sync"

	"github.com/funcroute/funcroute/filters/host"
)

// resumer wakes a stream once. Other goroutines use it at any time, also when the stream is gone.
type resumer struct {
	mutex     sync.Mutex
	scheduler Scheduler // nil once closed
	event     func() host.Action
}

var _ host.Resumer = (*resumer)(nil)

func (s *Stream) Resumer() host.Resumer {
	if s.resumer != nil {
		s.resumer.close()
	}
	s.resumer = &resumer{scheduler: s.envoy.Scheduler()}
	return s.resumer
}

func (r *resumer) Resume(f func() host.Action) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.scheduler != nil && r.event == nil {
		r.event = f
		r.scheduler.Wake()
	}
}

// take returns what is to be done on the worker, once.
func (r *resumer) take() func() host.Action {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	event := r.event
	r.event = nil
	return event
}

func (r *resumer) close() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.scheduler != nil {
		r.scheduler.Close()
		r.scheduler = nil
	}
}
