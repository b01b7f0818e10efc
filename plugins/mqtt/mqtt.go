// Package mqtt is the function type for MQTT 5: a target is a message, and the function's answer is what the broker has said of it.
// README.md is its manual.
//
//	mqtt.go        the type, its settings, functions
//	topic.go       topics, and texts that a broker would close the connection for
//	connection.go  a connection to a broker
//	wire.go        what the client library writes to
//	publish.go     messages
//
// What it shares with other brokers is in plugins/kit/queue.
package mqtt

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/queue"
)

func init() { plugins.Register(mqttType{queue.NewPool[*connection]()}) }

// The counters of connections.
var (
	connected = plugins.NewCounter("funcroute.mqtt.connected")
	lost      = plugins.NewCounter("funcroute.mqtt.lost")
	failed    = plugins.NewCounter("funcroute.mqtt.failed")
)

// mqttType is the function type.
type mqttType struct{ pool *queue.Pool[*connection] }

// It understands nothing but function calls: there is no upstream that a request could be passed on to.
var _ plugins.CallsOnly = mqttType{}

// settings are what a cluster's or a route's `funcroute` metadata may say.
type settings struct {
	queue.Connecting
	ClientID string `setting:"client_id" doc:"The client's id at the broker; by default each connection has one of its own."`

	queue.Publishing
	QoS       int  `setting:"qos" default:"1" doc:"Whether the broker acknowledges the message (1) or is not asked to (0)."`
	Retain    bool `setting:"retain" doc:"Whether the broker keeps the message for those who subscribe later."`
	Mandatory bool `setting:"mandatory" default:"true" doc:"Whether a message that nobody subscribes to is an error, unless it is retained."`
}

// schemes are those of servers' URLs.
var schemes = queue.Schemes{Plain: "mqtt", TLS: "mqtts"}

// protocol is what messages of MQTT consist of. Its binding for CloudEvents has an attribute be a user property of the same name
// (https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/mqtt-protocol-binding.md).
var protocol = queue.Protocol{
	Address: func(first string) ([]queue.Part, error) {
		return []queue.Part{{Text: first, Rule: topicRule}}, nil
	},
	Binding:  queue.Binding{Encode: func(value string) string { return value }},
	Reserved: func(string) bool { return false }, // No user property means anything to a broker.
}

func (mqttType) Name() string { return "mqtt" }

func (mqttType) CallsOnly() {}

func (mqttType) Settings() []plugins.Setting { return plugins.SettingsOf(settings{}) }

func (t mqttType) NewUpstream(environment plugins.Environment, given plugins.Settings) (plugins.Upstream, error) {
	s, err := decode(given)
	if err != nil {
		return nil, err
	}
	secrets, err := queue.OpenSecrets(environment, map[string]string{"password": s.Password})
	if err != nil {
		return nil, fmt.Errorf("mqtt: %w", err)
	}
	d := &dialer{settings: &s.Connecting, clientID: s.ClientID, secrets: secrets}
	broker := t.pool.Open(environment, s.Key(secrets, s.ClientID), queue.Options[*connection]{
		Dial: d.dial, Changed: secrets.Changed, MaxInFlight: s.MaxInFlight,
		Subject: "mqtt: " + strings.Join(s.Servers, ", "), Connected: connected, Lost: lost, Failed: failed,
	})
	return &upstream{settings: s, broker: broker, environment: environment}, nil
}

// decode reads and checks settings.
func decode(given plugins.Settings) (s settings, err error) {
	if err := given.Decode(&s); err != nil {
		return s, fmt.Errorf("mqtt: %w", err)
	}
	if err := s.Check(schemes); err != nil {
		return s, fmt.Errorf("mqtt: %w", err)
	}
	switch {
	case s.QoS != 0 && s.QoS != 1:
		return s, fmt.Errorf(`mqtt: setting "qos" must be 0 or 1, not %d`, s.QoS)
	case problemOf(s.ClientID) != "":
		return s, fmt.Errorf(`mqtt: setting "client_id" %s`, problemOf(s.ClientID))
	case problemOf(s.Username) != "":
		return s, fmt.Errorf(`mqtt: setting "username" %s`, problemOf(s.Username))
	}
	return s, nil
}

// upstream is a cluster.
type upstream struct {
	settings    settings
	broker      *queue.Broker[*connection]
	environment plugins.Environment
}

var _ plugins.IdleCloser = (*upstream)(nil)

func (u *upstream) CloseIdleConnections() { u.broker.CloseIdle() }

func (u *upstream) NewFunction(spec plugins.FunctionSpec) (plugins.Function, error) {
	s, err := decode(spec.Settings)
	if err != nil {
		return nil, err
	}
	if err := s.SameAs(&u.settings.Connecting); err != nil {
		return nil, fmt.Errorf("mqtt: %w", err)
	}
	if s.ClientID != u.settings.ClientID {
		return nil, errors.New("mqtt: client_id belongs to the cluster, as all its routes share a connection")
	}
	if spec.AnswerTemplate != "" {
		return nil, errors.New("mqtt: funcroute.responses has no meaning here, as the answer is the broker's")
	}
	target, err := queue.CompileTarget(spec.Target, s.Publishing, spec.Parameters, protocol)
	if err != nil {
		return nil, fmt.Errorf("mqtt: %w", err)
	}
	return &function{
		broker: u.broker, environment: u.environment, target: target, timeout: s.Timeout,
		qos: byte(s.QoS), retain: s.Retain, mandatory: s.Mandatory && !s.Retain, //nolint:gosec // It is 0 or 1.
	}, nil
}

// function is one compiled function.
type function struct {
	broker      *queue.Broker[*connection]
	environment plugins.Environment
	target      *queue.Target
	timeout     time.Duration
	qos         byte
	retain      bool
	// mandatory has a message that nobody subscribes to be an error.
	mandatory bool
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
	return &plugins.Reply{Task: &plugins.Task{
		Timeout: f.timeout + grace,
		Run: func(ctx context.Context) (*plugins.Reply, error) {
			return f.broker.Do(ctx, f.timeout, func(ctx context.Context, c *connection) (*plugins.Reply, error) {
				return c.publish(ctx, f.environment, m)
			})
		},
	}}, nil
}
