package dynamicmodule

import (
	"sync"

	"github.com/funcroute/funcroute/filters/host"
)

// resumer wakes a stream once. Other goroutines may use it at any time, even if the stream is gone.
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

// take returns the function that is to run on the worker. It returns it once.
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
