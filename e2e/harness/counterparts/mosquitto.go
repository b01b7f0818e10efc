package counterparts

import (
	"context"
	"crypto/pbkdf2"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/paho"

	"github.com/funcroute/funcroute/e2e/harness"
)

// Mosquitto is an MQTT broker. What it has in memory it writes to a folder of the test when it is stopped, but not when it is killed.
type Mosquitto struct {
	*harness.Process
	// Address is where clients connect to, also after a restart.
	Address string

	settings, folder string
}

// StartMosquitto starts one. Settings are lines of its configuration beside those for the port and the folder. Unless they say otherwise, it
// lets everybody in.
func StartMosquitto(t testing.TB, settings string) *Mosquitto {
	t.Helper()
	m := &Mosquitto{settings: settings, folder: t.TempDir()}
	m.Process, m.Address = start(t, "mosquitto", func(host, port string) *harness.Process { return m.run(t, host, port) }, listens)
	return m
}

func (m *Mosquitto) run(t testing.TB, host, port string) *harness.Process {
	t.Helper()
	config := fmt.Sprintf("listener %s %s\nuser root\npersistence true\npersistence_location %s/\nmax_queued_messages 0\n", port, host, m.folder)
	if !strings.Contains(m.settings, "allow_anonymous") {
		config += "allow_anonymous true\n"
	}
	path := filepath.Join(m.folder, "mosquitto.conf")
	if err := os.WriteFile(path, []byte(config+m.settings+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return harness.StartProcess(t, "mosquitto", nil, mosquitto(t), "-c", path)
}

// mosquitto is the program, which Debian has where only the administrator's PATH leads.
func mosquitto(t testing.TB) string {
	t.Helper()
	if path, err := exec.LookPath("mosquitto"); err == nil {
		return path
	}
	const debians = "/usr/sbin/mosquitto"
	if _, err := os.Stat(debians); err != nil {
		t.Fatal("mosquitto is not installed: run `make brokers`")
	}
	return debians
}

// Kill ends the broker as a crash would.
func (m *Mosquitto) Kill() {
	m.Signal(syscall.SIGKILL)
	<-m.Exited()
}

// Start starts a broker again that has ended, at the same address.
func (m *Mosquitto) Start(t testing.TB) {
	t.Helper()
	host, port, err := net.SplitHostPort(m.Address)
	if err != nil {
		t.Fatal(err)
	}
	m.Process = m.run(t, host, port)
	harness.Eventually(t, "mosquitto ready again", func() error { return errors.Join(m.Running(), listens(nil, m.Address)) })
}

// URL is the broker's, for settings.
func (m *Mosquitto) URL() string { return "mqtt://" + m.Address }

// MosquittoPassword is a line of a file with passwords (`password_file`).
func MosquittoPassword(t testing.TB, user, password string) string {
	t.Helper()
	const iterations, length = 101, 64
	salt := []byte("twelve bytes")
	key, err := pbkdf2.Key(sha512.New, password, salt, iterations, length)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("%s:$7$%d$%s$%s\n", user, iterations, encode(salt), encode(key))
}

// MosquittoSubscriber keeps what arrives for it. It connects again when the connection is lost, and gets what has come meanwhile.
type MosquittoSubscriber struct {
	mutex    sync.Mutex
	messages []*paho.Publish
}

// Subscribe subscribes to topics, and returns when the broker knows.
func (m *Mosquitto) Subscribe(t testing.TB, user, password string, topics ...string) *MosquittoSubscriber {
	t.Helper()
	s := &MosquittoSubscriber{}
	ready := make(chan struct{}, 1)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			_ = s.listen(ctx, m.Address, user, password, topics, ready)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	select {
	case <-ready:
	case <-time.After(harness.Patience):
		t.Fatal("the broker does not take the subscription")
	}
	return s
}

// listen is a connection of a session that outlives it.
func (s *MosquittoSubscriber) listen(ctx context.Context, address, user, password string, topics []string, ready chan<- struct{}) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	client := paho.NewClient(paho.ClientConfig{Conn: conn, OnPublishReceived: []func(paho.PublishReceived) (bool, error){
		func(received paho.PublishReceived) (bool, error) {
			s.add(received.Packet)
			return true, nil
		},
	}})
	hour := uint32(3600)
	_, err = client.Connect(ctx, &paho.Connect{
		ClientID: "subscriber", KeepAlive: 10, Username: user, UsernameFlag: user != "", Password: []byte(password), PasswordFlag: user != "",
		Properties: &paho.ConnectProperties{SessionExpiryInterval: &hour},
	})
	if err != nil {
		return err
	}
	subscribe := &paho.Subscribe{}
	for _, topic := range topics {
		subscribe.Subscriptions = append(subscribe.Subscriptions, paho.SubscribeOptions{Topic: topic, QoS: 1, RetainAsPublished: true})
	}
	if _, err := client.Subscribe(ctx, subscribe); err != nil {
		return err
	}
	select {
	case ready <- struct{}{}:
	default:
	}
	select {
	case <-client.Done():
	case <-ctx.Done():
	}
	return nil
}

// add keeps a message. One that the broker sends again, as it has not heard that it has arrived, is not another one.
func (s *MosquittoSubscriber) add(m *paho.Publish) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if m.Duplicate() && slices.ContainsFunc(s.messages, func(o *paho.Publish) bool { return o.Topic == m.Topic && string(o.Payload) == string(m.Payload) }) {
		return
	}
	s.messages = append(s.messages, m)
}

// Messages returns what has arrived so far, in that order.
func (s *MosquittoSubscriber) Messages() []*paho.Publish {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.messages)
}

// Wait returns all messages when there are at least that many.
func (s *MosquittoSubscriber) Wait(t testing.TB, count int) []*paho.Publish {
	t.Helper()
	harness.Eventually(t, "messages at the subscriber", func() error {
		if got := len(s.Messages()); got < count {
			return fmt.Errorf("got %d messages, want %d", got, count)
		}
		return nil
	})
	return s.Messages()
}
