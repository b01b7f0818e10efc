package queue

import (
	"context"
	"sync"
	"time"

	"github.com/funcroute/funcroute/plugins"
)

// Pool has one client for all who have the same settings. It is safe for concurrent use.
type Pool[C Connection] struct {
	mutex   sync.Mutex
	clients map[Key]*shared[C]
}

// shared is a client with the number of brokers that use it.
type shared[C Connection] struct {
	*Client[C]
	users int
	stop  func()
}

// NewPool returns a pool without clients.
func NewPool[C Connection]() *Pool[C] { return &Pool[C]{clients: map[Key]*shared[C]{}} }

// Broker is the broker of one upstream. It connects when it is made, lets go of the connection by [Broker.CloseIdle], and connects anew
// when it is used again. It is safe for concurrent use.
type Broker[C Connection] struct {
	pool        *Pool[C]
	key         Key
	environment plugins.Environment
	of          Options[C]

	mutex  sync.Mutex
	client *Client[C] // nil while nobody uses it
}

// Open returns the broker for settings that have this key, and begins to connect without waiting for it.
func (p *Pool[C]) Open(environment plugins.Environment, key Key, of Options[C]) *Broker[C] {
	b := &Broker[C]{pool: p, key: key, environment: environment, of: of}
	b.use()
	return b
}

// Do has work done on a connection, for at most that long: it takes one of the slots for messages in flight, waits for a connection that
// is being opened, and ends the work's context when the connection is lost. An error of work that is a [plugins.Error] is what the client
// gets; any other means that the outcome is unknown.
func (b *Broker[C]) Do(ctx context.Context, timeout time.Duration, work func(context.Context, C) (*plugins.Reply, error)) (*plugins.Reply, error) {
	return b.use().do(ctx, timeout, work)
}

// CloseIdle closes the connection unless another broker uses it, too. Messages under way keep it until they are done.
func (b *Broker[C]) CloseIdle() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.client != nil {
		b.client = nil
		b.pool.release(b.key)
	}
}

func (b *Broker[C]) use() *Client[C] {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.client == nil {
		b.client = b.pool.acquire(b.key, b.environment, b.of)
	}
	return b.client
}

func (p *Pool[C]) acquire(key Key, environment plugins.Environment, of Options[C]) *Client[C] {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	s := p.clients[key]
	if s == nil {
		s = &shared[C]{Client: newClient(of)}
		s.environment.set(environment)
		s.stop = s.start()
		p.clients[key] = s
	}
	s.environment.set(environment)
	s.users++
	return s.Client
}

func (p *Pool[C]) release(key Key) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	s := p.clients[key]
	if s.users--; s.users == 0 {
		delete(p.clients, key)
		s.stop()
	}
}
