// Package amqp is the function type for AMQP 0-9-1, which RabbitMQ speaks: a target is a message, and the function's answer is what the
// broker has said of it. README.md is its manual.
//
//	amqp.go        the type, its settings, functions
//	address.go     exchanges and routing keys
//	properties.go  what a message of the protocol consists of
//	dial.go        how a connection comes to be
//	connection.go  a connection to a server
//	channels.go    channels, of which each has one message under way
//	publish.go     messages that are published
//	request.go     messages that are answered
//
// What it shares with other brokers is in plugins/kit/queue.
package amqp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/queue"
)

func init() { plugins.Register(amqpType{queue.NewPool[*connection]()}) }

// The counters of connections.
var (
	connected = plugins.NewCounter("funcroute.amqp.connected")
	lost      = plugins.NewCounter("funcroute.amqp.lost")
	failed    = plugins.NewCounter("funcroute.amqp.failed")
)

// amqpType is the function type.
type amqpType struct{ pool *queue.Pool[*connection] }

// It understands nothing but function calls: there is no upstream that a request could be passed on to.
var _ plugins.CallsOnly = amqpType{}

// settings are what a cluster's or a route's `funcroute` metadata may say.
type settings struct {
	queue.Connecting
	Protocol string `setting:"protocol" one_of:"0-9-1" default:"0-9-1" doc:"Version of AMQP that the broker speaks."`
	Vhost    string `setting:"vhost" default:"/" doc:"Virtual host of the broker's."`

	queue.Publishing
	Mode       string `setting:"mode" one_of:"publish,request" default:"publish" doc:"Whether the message is published, or a request whose reply is the answer."`
	Persistent bool   `setting:"persistent" default:"true" doc:"Whether the message survives a restart of the broker in a durable queue."`
	Mandatory  bool   `setting:"mandatory" default:"true" doc:"Whether a message that no queue takes is an error."`
}

// request is the mode in which a service's reply is the answer.
const request = "request"

// schemes are those of servers' URLs.
var schemes = queue.Schemes{Plain: "amqp", TLS: "amqps"}

func (amqpType) Name() string { return "amqp" }

func (amqpType) CallsOnly() {}

func (amqpType) Settings() []plugins.Setting { return plugins.SettingsOf(settings{}) }

func (t amqpType) NewUpstream(environment plugins.Environment, given plugins.Settings) (plugins.Upstream, error) {
	s, err := decode(given)
	if err != nil {
		return nil, err
	}
	secrets, err := queue.OpenSecrets(environment, map[string]string{"password": s.Password})
	if err != nil {
		return nil, fmt.Errorf("amqp: %w", err)
	}
	d := &dialer{settings: &s, secrets: secrets, environment: environment}
	broker := t.pool.Open(environment, s.Key(secrets, s.Vhost), queue.Options[*connection]{
		Dial: d.dial, Changed: secrets.Changed, MaxInFlight: s.MaxInFlight,
		Subject: "amqp: " + strings.Join(s.Servers, ", "), Connected: connected, Lost: lost, Failed: failed,
	})
	return &upstream{settings: s, broker: broker}, nil
}

// decode reads and checks settings.
func decode(given plugins.Settings) (s settings, err error) {
	if err := given.Decode(&s); err != nil {
		return s, fmt.Errorf("amqp: %w", err)
	}
	if err := s.Check(schemes); err != nil {
		return s, fmt.Errorf("amqp: %w", err)
	}
	if len(s.Vhost) > longestShort {
		return s, fmt.Errorf(`amqp: setting "vhost" is longer than %d bytes`, longestShort)
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
		return nil, fmt.Errorf("amqp: %w", err)
	}
	if s.Vhost != u.settings.Vhost || s.Protocol != u.settings.Protocol {
		return nil, errors.New("amqp: vhost and protocol belong to the cluster, as all its routes share a connection")
	}
	if spec.AnswerTemplate != "" {
		return nil, errors.New("amqp: funcroute.responses has no meaning here, as the answer is the broker's")
	}
	target, err := queue.CompileTarget(spec.Target, s.Publishing, spec.Parameters, protocol)
	if err != nil {
		return nil, fmt.Errorf("amqp: %w", err)
	}
	return &function{settings: s, broker: u.broker, target: target}, nil
}

// function is one compiled function.
type function struct {
	settings settings
	broker   *queue.Broker[*connection]
	target   *queue.Target
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
	m, err := f.outgoing(made)
	if err != nil {
		return nil, err
	}
	send := publish
	if f.settings.Mode == request {
		send = ask
	}
	return &plugins.Reply{Task: &plugins.Task{
		Timeout: f.settings.Timeout + grace,
		Run: func(ctx context.Context) (*plugins.Reply, error) {
			return f.broker.Do(ctx, f.settings.Timeout, func(ctx context.Context, c *connection) (*plugins.Reply, error) {
				return send(ctx, c, m)
			})
		},
	}}, nil
}
