package harness

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Patience is how long anything may take before a test gives up. It is generous: machines that run tests are busy.
const Patience = 20 * time.Second

// Eventually calls f again and again until it returns nil. It fails the test with the last error of f when [Patience] is over.
func Eventually(t testing.TB, what string, f func() error) {
	t.Helper()
	deadline := time.Now().Add(Patience)
	for {
		err := f()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: still not after %s: %v", what, Patience, err)
		}
		<-time.After(10 * time.Millisecond)
	}
}

// Process is a child process that ends with its test and whose output is shown if the test fails.
type Process struct {
	// Output and Errors are what it has written so far to standard output and standard error.
	Output, Errors *Log

	name   string
	cmd    *exec.Cmd
	exited chan struct{}
}

// StartProcess starts a program with nothing in its environment but env.
func StartProcess(t testing.TB, name string, env []string, path string, args ...string) *Process {
	t.Helper()
	p, err := startProcess(name, env, path, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Stop()
		if t.Failed() {
			t.Logf("--- %s wrote:\n%s%s", name, p.Output, p.Errors)
		}
	})
	return p
}

func startProcess(name string, env []string, path string, args ...string) (*Process, error) {
	if err := withoutCores(); err != nil {
		return nil, err
	}
	p := &Process{Output: &Log{}, Errors: &Log{}, name: name, exited: make(chan struct{})}
	p.cmd = exec.CommandContext(context.Background(), path, args...)
	p.cmd.Env = env
	p.cmd.Stdout, p.cmd.Stderr = p.Output, p.Errors
	p.cmd.SysProcAttr = endWithParent()
	// Grandchildren, such as Lambda workers, may hold the pipes open.
	p.cmd.WaitDelay = time.Second
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s does not start: %w", name, err)
	}
	go func() {
		defer close(p.exited)
		_ = p.cmd.Wait()
	}()
	return p, nil
}

// Resident is what a process has of the machine's memory, in bytes.
type Resident struct {
	// All is all memory of the process. Files is the part of it that holds pages of programs and libraries, as far as they were needed.
	All, Files uint64
}

// Signal sends a signal.
func (p *Process) Signal(signal os.Signal) { _ = p.cmd.Process.Signal(signal) }

// Exited is closed when the process has ended.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// ExitCode is the code of a process that has ended, -1 if a signal ended it.
func (p *Process) ExitCode() int { return p.cmd.ProcessState.ExitCode() }

// Running is nil as long as the process has not ended.
func (p *Process) Running() error {
	select {
	case <-p.exited:
		return fmt.Errorf("%s has ended with code %d", p.name, p.ExitCode())
	default:
		return nil
	}
}

// PID is the process's number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Stop interrupts the process and waits for its end. It kills a process that does not end.
func (p *Process) Stop() {
	p.Signal(os.Interrupt)
	select {
	case <-p.exited:
	case <-time.After(Patience):
		_ = p.cmd.Process.Kill()
		<-p.exited
	}
}

// Log collects lines of text. It is safe for concurrent use.
type Log struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(p)
}

// String returns all that was written so far.
func (l *Log) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

// Lines returns all complete lines written so far.
func (l *Log) Lines() []string {
	text := l.String()
	return slices.DeleteFunc(strings.Split(text[:strings.LastIndexByte(text, '\n')+1], "\n"), func(s string) bool { return s == "" })
}
