package main

import (
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
)

// patience is how long a test waits for what should take a moment.
const patience = time.Minute

// running is a keyedin at work.
type running struct {
	*exec.Cmd
	t        *testing.T
	out, err *lines
	ended    chan struct{}
}

// start runs keyedin in the background.
func (p *place) start(args ...string) *running {
	p.t.Helper()
	r := &running{Cmd: p.command(args...), t: p.t, out: &lines{}, err: &lines{}, ended: make(chan struct{})}
	r.Stdout, r.Stderr = r.out, r.err
	if err := r.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		_ = r.Wait() // how it ended is in ProcessState
		close(r.ended)
	}()
	p.t.Cleanup(func() { _ = r.Process.Kill() }) // one that has ended does not mind
	return r
}

// end waits for its end.
func (r *running) end() result {
	r.t.Helper()
	await(r.t, "the end of keyedin", r.ended)
	return result{code: r.ProcessState.ExitCode(), out: r.out.String(), err: r.err.String()}
}

// signal sends it a signal.
func (r *running) signal(s os.Signal) {
	r.t.Helper()
	if err := r.Process.Signal(s); err != nil {
		r.t.Fatal(err)
	}
}

// interrupt is Ctrl-C, and waits until what it answers is seen.
func (r *running) interrupt(answer string) {
	r.t.Helper()
	r.signal(syscall.SIGINT)
	for deadline := time.Now().Add(patience); !strings.Contains(r.err.String(), answer); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("it does not say %q after an interrupt:\n%s", answer, r.err)
		}
	}
}

// hold stops the world at the first call of an operation: at is closed when it
// arrives, and it goes on after release.
func (p *place) hold(operation string) (at chan struct{}, release func()) {
	at, open := make(chan struct{}), make(chan struct{})
	release = sync.OnceFunc(func() { close(open) })
	p.t.Cleanup(release)
	p.Add(proxy.Rule{Name: "held", Operation: operation, Times: 1, Hook: func(proxy.Call) {
		close(at)
		<-open
	}})
	return at, release
}

func await(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatalf("waited for %s in vain", what)
	}
}

// lines is a buffer that may be read while it is written.
type lines struct {
	mu    sync.Mutex
	b     strings.Builder
	first time.Time // of the first byte
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.first.IsZero() {
		l.first = time.Now()
	}
	return l.b.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// says checks the exit code, and that stderr has all the words.
func (r result) says(t *testing.T, code int, words ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("ended with %d, not %d:\n%s%s", r.code, code, r.out, r.err)
	}
	for _, w := range words {
		if !strings.Contains(r.err, w) {
			t.Errorf("does not say %q:\n%s", w, r.err)
		}
	}
}

// prints checks that it ended well, and that stdout has all the words.
func (r result) prints(t *testing.T, words ...string) {
	t.Helper()
	if r.code != 0 {
		t.Errorf("ended with %d:\n%s%s", r.code, r.out, r.err)
	}
	for _, w := range words {
		if !strings.Contains(r.out, w) {
			t.Errorf("does not print %q:\n%s", w, r.out)
		}
	}
}
