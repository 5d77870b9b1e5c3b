//go:build unix

package session_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/session"
	"github.com/keyedin-app/keyedin-infra/internal/session/datachannel/channeltest"
	"github.com/keyedin-app/keyedin-infra/internal/session/dbtest"
)

// heard is what a tunnel tells.
type heard struct {
	mu    sync.Mutex
	texts []string
	more  chan string
}

func (h *heard) tell(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.texts = append(h.texts, text)
	select {
	case h.more <- text:
	default:
	}
}

// open serves a tunnel through b until the test ends.
func open(t *testing.T, b *dbtest.Bastion, address string) (port int, h *heard) {
	t.Helper()
	h = &heard{more: make(chan string, 100)}
	tunnel := &session.Tunnel{
		Connect: b.Connect, Address: address, Tell: h.tell, Alive: 200 * time.Millisecond,
		Pause: func(ctx context.Context, _ time.Duration) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(20 * time.Millisecond):
				return nil
			}
		},
	}
	ctx, cancel := context.WithCancel(context.Background())
	if err := tunnel.Open(ctx); err != nil {
		t.Fatal(err)
	}
	l, err := session.Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- tunnel.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the tunnel ended with %v", err)
		}
	})
	return session.Port(l), h
}

func dial(t *testing.T, port int) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return c
}

// echo answers what was sent once that is all; a first x at once.
func echo(t *testing.T) (address string) {
	t.Helper()
	return channeltest.Listen(t, func(c net.Conn) {
		defer c.Close()
		first := make([]byte, 1)
		if n, _ := c.Read(first); n == 1 && first[0] == 'x' {
			_, _ = c.Write(first) // whoever sent it may be gone
			first = nil
		}
		all, err := io.ReadAll(c)
		if err == nil {
			_, _ = c.Write(append(first, all...)) // as above
		}
	})
}

// engaged is a connection that has been answered on.
func engaged(t *testing.T, port int) net.Conn {
	t.Helper()
	c := dial(t, port)
	if _, err := c.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(make([]byte, 1)); n != 1 {
		t.Fatal(err)
	}
	return c
}

// Many connections at once have what they sent come back, though each sends all
// before anything is answered: an end on one side leaves the other way open.
func TestTunnelOfMany(t *testing.T) {
	t.Parallel()
	b := dbtest.NewBastion(t)
	port, _ := open(t, b, echo(t))
	var all sync.WaitGroup
	for n := range 20 {
		all.Go(func() {
			sent := make([]byte, 200_000+n)
			rand.Read(sent)
			sent[0] = 'y'
			c := dial(t, port)
			defer c.Close()
			if _, err := c.Write(sent); err != nil {
				t.Errorf("connection %d: %v", n, err)
			}
			_ = c.(*net.TCPConn).CloseWrite() // the read shows whether it did
			got, err := io.ReadAll(c)
			if err != nil || sha256.Sum256(got) != sha256.Sum256(sent) {
				t.Errorf("connection %d: %d of %d bytes came back, %v", n, len(got), len(sent), err)
			}
		})
	}
	all.Wait()
}

// When the bastion goes away, what is open ends and the port stays; new
// connections wait until it is back.
func TestTunnelOutlivesTheBastion(t *testing.T) {
	t.Parallel()
	b := dbtest.NewBastion(t)
	port, h := open(t, b, echo(t))
	held := engaged(t, port)
	defer held.Close()
	b.Kill()
	if n, err := held.Read(make([]byte, 1)); err == nil || n > 0 {
		t.Errorf("an open connection read %d bytes, %v", n, err)
	}
	early := dial(t, port)
	defer early.Close()
	if _, err := early.Write([]byte("early")); err != nil {
		t.Fatal(err)
	}
	_ = early.(*net.TCPConn).CloseWrite() // as above
	b.Start()
	if got, err := io.ReadAll(early); err != nil || string(got) != "early" {
		t.Errorf("what came while it was away read %q, %v", got, err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	text := fmt.Sprint(h.texts)
	if !bytes.Contains([]byte(text), []byte("lost")) || !bytes.Contains([]byte(text), []byte("Connected again")) {
		t.Errorf("it told %s", text)
	}
}

// A bastion that is there and says nothing, such as one that was cut off, is
// found out by asking.
func TestTunnelThroughSilence(t *testing.T) {
	t.Parallel()
	b := dbtest.NewBastion(t)
	port, h := open(t, b, echo(t))
	held := engaged(t, port)
	defer held.Close()
	b.Signal(syscall.SIGSTOP)
	select {
	case <-h.more:
	case <-time.After(30 * time.Second):
		t.Fatal("it did not notice")
	}
	if _, err := held.Read(make([]byte, 1)); err == nil {
		t.Error("an open connection goes on")
	}
	b.Kill()
	b.Start()
	c := dial(t, port)
	defer c.Close()
	_, _ = c.Write([]byte("again"))   // the read shows whether it did
	_ = c.(*net.TCPConn).CloseWrite() // as above
	if got, err := io.ReadAll(c); err != nil || string(got) != "again" {
		t.Errorf("afterwards %q, %v", got, err)
	}
}

// What the bastion cannot reach is said, and the tunnel goes on.
func TestTunnelToNothing(t *testing.T) {
	t.Parallel()
	b := dbtest.NewBastion(t)
	port, h := open(t, b, "127.0.0.1:"+dbtest.FreePort(t))
	for range 2 {
		c := dial(t, port)
		if _, err := io.ReadAll(c); err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the connection ended with %v", err)
		}
		c.Close()
		if text := <-h.more; !bytes.Contains([]byte(text), []byte("cannot be reached")) {
			t.Errorf("it told %s", text)
		}
	}
}

// A port that is taken is refused with one that is free.
func TestTunnelPortTaken(t *testing.T) {
	t.Parallel()
	l, err := session.Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if ip := l.Addr().(*net.TCPAddr).IP; !ip.Equal(net.IPv4(127, 0, 0, 1)) {
		t.Errorf("it listens on %s", ip)
	}
	_, err = session.Listen(session.Port(l))
	taken, ok := errors.AsType[*session.PortTaken](err)
	if !ok || taken.Free == 0 || taken.Free == session.Port(l) {
		t.Fatalf("a taken port is %v", err)
	}
	other, err := session.Listen(taken.Free)
	if err != nil {
		t.Fatalf("the port that was proposed: %v", err)
	}
	other.Close()
}
