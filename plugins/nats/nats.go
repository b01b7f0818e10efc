// Package nats is the function type for NATS: a target is a message, and the function's answer is what the server has said of it.
// README.md is its manual.
//
//	nats.go             the type, its settings, functions
//	subject.go          subjects
//	connection.go       a connection to a server
//	publish.go          messages that are published: core NATS and JetStream
//	acknowledgement.go  what JetStream says of a message
//	request.go          messages that are answered
//
// What it shares with other brokers is in plugins/kit/queue.
package nats

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/funcroute/funcroute/events"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/queue"
)

func init() { plugins.Register(natsType{queue.NewPool[*connection]()}) }

// The counters of connections.
var (
	connected = plugins.NewCounter("funcroute.nats.connected")
	lost      = plugins.NewCounter("funcroute.nats.lost")
	failed    = plugins.NewCounter("funcroute.nats.failed")
)

// natsType is the function type.
type natsType struct{ pool *queue.Pool[*connection] }

// It understands nothing but function calls: there is no upstream that a request could be passed on to.
var _ plugins.CallsOnly = natsType{}

// settings are what a cluster's or a route's `funcroute` metadata may say.
type settings struct {
	queue.Connecting
	Nkey  string `setting:"nkey" doc:"Reference to the seed of an nkey, with which the client gets in."`
	Creds string `setting:"creds" doc:"Reference to a credentials file, a JWT and its seed, with which the client gets in."`

	queue.Publishing
	Mode   string `setting:"mode" one_of:"core,jetstream,request" default:"core" doc:"Whether the message is published, published to a stream, or a request whose reply is the answer."`
	Stream string `setting:"stream" doc:"Name of the stream that the message must go to; only with mode jetstream."`
}

// schemes are those of servers' URLs.
var schemes = queue.Schemes{Plain: "nats", TLS: "tls"}

// protocol is what messages of NATS consist of.
var protocol = queue.Protocol{
	Address: func(first string) ([]queue.Part, error) {
		return []queue.Part{{Text: first, Rule: subjectRule}}, nil
	},
	Binding:  queue.Binding{Prefix: events.HeaderPrefix, Encode: events.Encode, TypeAsAttribute: true},
	Reserved: isServers,
}

// The modes beside core.
const (
	jetStream = "jetstream"
	request   = "request"
)

func (natsType) Name() string { return "nats" }

func (natsType) CallsOnly() {}

func (natsType) Settings() []plugins.Setting { return plugins.SettingsOf(settings{}) }

func (t natsType) NewUpstream(environment plugins.Environment, given plugins.Settings) (plugins.Upstream, error) {
	s, err := decode(given)
	if err != nil {
		return nil, err
	}
	secrets, err := queue.OpenSecrets(environment, map[string]string{"password": s.Password, "nkey": s.Nkey, "creds": s.Creds})
	if err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	d := &dialer{settings: &s.Connecting, secrets: secrets}
	broker := t.pool.Open(environment, s.Key(secrets), queue.Options[*connection]{
		Dial: d.dial, Changed: secrets.Changed, MaxInFlight: s.MaxInFlight,
		Subject: "nats: " + strings.Join(s.Servers, ", "), Connected: connected, Lost: lost, Failed: failed,
	})
	return &upstream{settings: s, broker: broker}, nil
}

// decode reads and checks settings.
func decode(given plugins.Settings) (s settings, err error) {
	if err := given.Decode(&s); err != nil {
		return s, fmt.Errorf("nats: %w", err)
	}
	if err := s.Check(schemes); err != nil {
		return s, fmt.Errorf("nats: %w", err)
	}
	ways := 0
	for _, way := range []string{s.Username, s.Nkey, s.Creds} {
		if way != "" {
			ways++
		}
	}
	switch {
	case ways > 1:
		return s, errors.New(`nats: settings "username", "nkey" and "creds" are three ways to get in, of which there can be one`)
	case s.Stream != "" && s.Mode != jetStream:
		return s, errors.New(`nats: setting "stream" needs "mode: jetstream"`)
	case s.Stream != "" && !isStreamName(s.Stream):
		return s, fmt.Errorf("nats: setting \"stream\": %q is no name of a stream", s.Stream)
	}
	return s, nil
}

// upstream is a cluster.
type upstream struct {
	settings settings
	broker   *queue.Broker[*connection]
}

var _ plugins.IdleCloser = (*upstream)(nil)

func (u *upstream) CloseIdleConnections() { u.broker.CloseIdle() }

func (u *upstream) NewFunction(spec plugins.FunctionSpec) (plugins.Function, error) {
	s, err := decode(spec.Settings)
	if err != nil {
		return nil, err
	}
	if err := s.SameAs(&u.settings.Connecting); err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	if s.Nkey != u.settings.Nkey || s.Creds != u.settings.Creds {
		return nil, errors.New("nats: nkey and creds belong to the cluster, as all its routes share a connection")
	}
	if spec.AnswerTemplate != "" {
		return nil, errors.New("nats: funcroute.responses has no meaning here, as the answer is the server's")
	}
	target, err := queue.CompileTarget(spec.Target, s.Publishing, spec.Parameters, protocol)
	if err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	f := &function{broker: u.broker, target: target, stream: s.Stream, timeout: s.Timeout}
	switch s.Mode {
	case jetStream:
		f.send = store
	case request:
		f.send = ask
	default:
		f.send = publish
	}
	return f, nil
}

// function is one compiled function.
type function struct {
	broker  *queue.Broker[*connection]
	target  *queue.Target
	stream  string // that is expected, "" for any
	timeout time.Duration
	send    func(context.Context, *connection, *outgoing) (*plugins.Reply, error)
}

var _ plugins.Planner = (*function)(nil)

func (f *function) Plan() plugins.Plan { return plugins.Plan{Request: plugins.Whole} }

// grace is how much longer a task may take than its message, so that what the client gets is what is known of that.
const grace = time.Second

func (f *function) Request(r *plugins.Request) (*plugins.Reply, error) {
	made, err := f.target.Make(r)
	if err != nil {
		return nil, err
	}
	m := f.outgoing(made)
	return &plugins.Reply{Task: &plugins.Task{
		Timeout: f.timeout + grace,
		Run: func(ctx context.Context) (*plugins.Reply, error) {
			return f.broker.Do(ctx, f.timeout, func(ctx context.Context, c *connection) (*plugins.Reply, error) {
				return f.send(ctx, c, m)
			})
		},
	}}, nil
}
