package credentials

import (
	"sync"

	"github.com/funcroute/funcroute/cache"
)

// key is what makes two providers the same. A role's is told by the provider it is assumed with, so that identities that
// begin alike share their beginning.
type key struct {
	source Source
	base   *Provider
	role   Role
	sts    STS
}

// maxProviders bounds a pool. An identity beyond it still works, it is only not shared for ever.
const maxProviders = 256

// Pool shares providers between all functions of an identity. It is safe for concurrent use.
type Pool struct {
	typeName  string
	mutex     sync.Mutex
	providers *cache.Cache[key, *Provider]
}

// NewPool returns an empty pool. The name is that of the function type, for the log.
func NewPool(typeName string) *Pool {
	return &Pool{
		typeName:  typeName,
		providers: cache.New[key, *Provider](cache.Policy{Capacity: maxProviders / 2, Unused: cache.Unlimited}),
	}
}

// Provider returns the identity's provider. Sources that are not yet in the pool are fetched by what from returns,
// usually [From].
func (p *Pool) Provider(identity Identity, from func(Source, STS) Fetch) *Provider {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	source := key{source: identity.Source}
	if identity.Source.File == "" && identity.Source.Secret == nil { // These are the same wherever STS is.
		source.sts = identity.STS
	}
	provider := p.shared(source, func() *Provider {
		if identity.Source.Secret != nil {
			return newSecretProvider(p.typeName, identity.Source.Secret)
		}
		return NewProvider(p.typeName, identity.Source.String(), from(identity.Source, identity.STS))
	})
	for _, role := range identity.Roles {
		base := provider
		provider = p.shared(key{base: base, role: role, sts: identity.STS}, func() *Provider {
			return NewProvider(p.typeName, role.String(), assume(base, role, identity.STS))
		})
	}
	return provider
}

// shared returns the provider of a key. The mutex is held.
func (p *Pool) shared(of key, made func() *Provider) *Provider {
	if known, ok := p.providers.Get(of); ok {
		return known
	}
	added := made()
	p.providers.Put(of, added)
	return added
}
