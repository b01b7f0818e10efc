package credentials

import "sync"

// Key says whose credentials are meant.
type Key struct {
	// Region is where the identity is proven: web identity and roles ask the STS of a region.
	Region string
}

// maxProviders bounds a pool. An identity beyond it still works, it is only not shared for ever.
const maxProviders = 64

// Pool shares providers between all functions of an identity. It is safe for concurrent use.
type Pool struct {
	mutex     sync.Mutex
	providers map[Key]*Provider
	order     []Key // the longest known first
}

// NewPool returns an empty pool.
func NewPool() *Pool { return &Pool{providers: map[Key]*Provider{}} }

// Provider returns the identity's provider. If there is none yet, the new one fetches by the given means.
func (p *Pool) Provider(key Key, fetch Fetch) *Provider {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if known := p.providers[key]; known != nil {
		return known
	}
	if len(p.order) >= maxProviders {
		delete(p.providers, p.order[0])
		p.order = p.order[1:]
	}
	added := NewProvider(fetch)
	p.providers[key] = added
	p.order = append(p.order, key)
	return added
}
