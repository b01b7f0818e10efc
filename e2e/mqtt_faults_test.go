package e2e

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
)

func certificateOf(name string, serial int64) *x509.Certificate {
	return &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}}
}

// However often the broker is restarted while messages are published: each 202 has its message, each message a request, and none is there
// twice. What a 503 was given for is not there.
func TestMQTTLosesAndDoublesNothing(t *testing.T) {
	publishes := 1000
	if harness.Long() {
		publishes = 20_000
	}
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		broker := counterparts.StartMosquitto(t, "")
		subscriber := broker.Subscribe(t, "", "", "orders")
		settings := mqttSettings(broker, harness.Object{"timeout": "2s"})
		envoy := harness.StartEnvoy(t, host, natsConfig(t, settings, map[string]natsCall{"store": {target: "orders"}}))
		envoy.Expect("mqtt: mqtt://")
		statuses := make([]int, publishes)
		var next atomic.Int64
		var senders sync.WaitGroup
		for range 8 {
			senders.Go(func() {
				for n := int(next.Add(1)) - 1; n < publishes; n = int(next.Add(1)) - 1 {
					statuses[n] = publishNumber(t, envoy.Listener(t, "http"), n)
				}
			})
		}
		done := make(chan struct{})
		go func() {
			senders.Wait()
			close(done)
		}()
		restarts := 0
		for running := true; running; {
			select {
			case <-done:
				running = false
			case <-time.After(150 * time.Millisecond):
				broker.Stop()
				broker.Start(t)
				restarts++
			}
		}
		compareNumbers(t, arrived(subscriber), statuses, restarts)
	})
}

// arrived returns the numbers that have arrived, once no more come.
func arrived(subscriber *counterparts.MosquittoSubscriber) (messages []string) {
	for count := -1; count < len(subscriber.Messages()); {
		count = len(subscriber.Messages())
		<-time.After(time.Second)
	}
	for _, message := range subscriber.Messages() {
		messages = append(messages, string(message.Payload))
	}
	return messages
}
