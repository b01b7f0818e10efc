package openapi

import (
	"runtime"
	"sync"
	"weak"
)

// pool shares a source between all clusters that use its file, for as long as one does.
type pool struct {
	mutex   sync.Mutex
	sources map[string]weak.Pointer[source]
}

func (p *pool) source(path string) *source {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if known := p.sources[path].Value(); known != nil {
		return known
	}
	added := newSource(path)
	p.sources[path] = weak.Make(added)
	runtime.AddCleanup(added, p.forget, path)
	return added
}

// forget removes a source that is gone, unless there is a new one of its path.
func (p *pool) forget(path string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.sources[path].Value() == nil {
		delete(p.sources, path)
	}
}
