package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
)

// Tunnel forwards connections to a port of this machine to an address that only
// a machine of the environment reaches. It outlives that machine: open
// connections end with it, and new ones wait for the next that answers.
type Tunnel struct {
	// Connect reaches the machine in between.
	Connect func(context.Context) (*ssh.Client, error)
	// Address is a host and a port. The host's name is looked up over there, for
	// each connection anew, so that a writer that moves is followed.
	Address string
	Pause   func(context.Context, time.Duration) error
	Tell    func(string)
	// Alive is the pause between two questions whether the machine is still there.
	Alive time.Duration

	mu     sync.Mutex
	line   *line
	joined chan struct{} // closed when line is another
}

// line is a connection to the machine; gone is closed when it is over.
type line struct {
	*ssh.Client
	gone chan struct{}
}

// PortTaken reports a port that something else listens on; Free is one that
// nothing does, or 0.
type PortTaken struct{ Port, Free int }

func (e *PortTaken) Error() string {
	text := fmt.Sprintf("port %d of this machine is taken by another program", e.Port)
	if e.Free > 0 {
		text += fmt.Sprintf("; one that is free: --port %d", e.Free)
	}
	return text
}

// loopback is the only address that a tunnel listens on: it is for this machine.
const loopback = "127.0.0.1"

// Listen takes a port of this machine, for it alone; 0 is any that is free. Its
// error may be a PortTaken.
func Listen(port int) (net.Listener, error) {
	at := func(port int) string { return net.JoinHostPort(loopback, fmt.Sprint(port)) }
	l, err := net.Listen("tcp", at(port))
	if !errors.Is(err, syscall.EADDRINUSE) {
		return l, err
	}
	taken := &PortTaken{Port: port}
	if other, err := net.Listen("tcp", at(0)); err == nil {
		taken.Free = Port(other)
		other.Close()
	}
	return nil, taken
}

// Port is the one that a listener has.
func Port(l net.Listener) int {
	if a, ok := l.Addr().(*net.TCPAddr); ok {
		return a.Port
	}
	return 0
}

// Open makes the first connection to the machine; its failure is the caller's,
// while later ones are mended by Serve.
func (t *Tunnel) Open(ctx context.Context) error {
	t.joined = make(chan struct{})
	client, err := t.Connect(ctx)
	if err != nil {
		return err
	}
	t.join(client)
	return nil
}

// Serve forwards what comes in, until the context ends; that is no error.
func (t *Tunnel) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	defer l.Close()
	all.Go(func() { t.keep(ctx) })
	all.Go(func() {
		<-ctx.Done()
		l.Close()
	})
	for {
		conn, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		all.Go(func() { t.forward(ctx, conn) })
	}
}

// join makes a connection the one that is used.
func (t *Tunnel) join(client *ssh.Client) {
	l := &line{client, make(chan struct{})}
	go func() {
		_ = client.Wait() // how it ended does not matter
		close(l.gone)
	}()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.line = l
	close(t.joined)
	t.joined = make(chan struct{})
}

func (t *Tunnel) now() (*line, chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.line, t.joined
}

// keep asks whether the machine is there, and connects again when it is not.
func (t *Tunnel) keep(ctx context.Context) {
	for {
		l, _ := t.now()
		t.watch(ctx, l)
		l.Close()
		if ctx.Err() != nil {
			return
		}
		t.Tell("The connection was lost, and what was open through it has ended. Connecting again ...")
		if !t.again(ctx) {
			return
		}
		t.Tell("Connected again.")
	}
}

// again connects, however long that takes; false: the context ended.
func (t *Tunnel) again(ctx context.Context) bool {
	said := ""
	for wait := time.Second; ; wait = min(2*wait, longestBackoff) {
		client, err := t.Connect(ctx)
		if err == nil {
			t.join(client)
			return true
		}
		if now := err.Error(); now != said && ctx.Err() == nil {
			t.Tell(now)
			said = now
		}
		if t.Pause(ctx, wait) != nil {
			return false
		}
	}
}

const longestBackoff = 30 * time.Second

// watch returns when a connection is over, or does not answer.
func (t *Tunnel) watch(ctx context.Context, l *line) {
	every := cmp.Or(t.Alive, 15*time.Second)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.gone:
			return
		case <-tick.C:
			answered := make(chan error, 1)
			go func() {
				_, _, err := l.SendRequest("keepalive@openssh.com", true, nil)
				answered <- err
			}()
			timeout := time.NewTimer(every)
			select {
			case err := <-answered:
				timeout.Stop()
				if err != nil {
					return
				}
			case <-timeout.C:
				return
			case <-ctx.Done():
				timeout.Stop()
				return
			}
		}
	}
}

// patience is how long a new connection waits for the machine to come back.
const patience = 30 * time.Second

// forward carries one connection.
func (t *Tunnel) forward(ctx context.Context, local net.Conn) {
	defer local.Close()
	l, remote, err := t.dial(ctx)
	if err != nil {
		if ctx.Err() == nil {
			t.Tell(fmt.Sprintf("A connection was closed, as %s cannot be reached: %v", t.Address, err))
		}
		return
	}
	defer remote.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		carry(local, remote)
	}()
	select {
	case <-done:
		return
	case <-ctx.Done():
	case <-l.gone:
	}
	local.Close()
	remote.Close()
	<-done
}

// dial opens a way to the address, waiting for the machine where it is away.
func (t *Tunnel) dial(ctx context.Context) (*line, net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		l, joined := t.now()
		select {
		case <-l.gone:
		default:
			remote, err := l.DialContext(ctx, "tcp", t.Address)
			if refused, ok := errors.AsType[*ssh.OpenChannelError](err); ok {
				return nil, nil, refused
			}
			if err == nil {
				return l, remote, nil
			}
		}
		select {
		case <-joined:
		case <-ctx.Done():
			return nil, nil, errors.New("the machine that leads there is away")
		}
	}
}

// carry copies both ways until both are at their end. An end on one side is
// passed on, and leaves the other way open.
func carry(a, b net.Conn) {
	var both sync.WaitGroup
	one := func(to, from net.Conn) {
		_, err := io.Copy(to, from)
		if half, ok := to.(interface{ CloseWrite() error }); ok && err == nil {
			_ = half.CloseWrite() // it may be closed already
			return
		}
		to.Close()
		from.Close()
	}
	both.Go(func() { one(a, b) })
	both.Go(func() { one(b, a) })
	both.Wait()
}
