// Package datachannel speaks the protocol of AWS Session Manager's data
// channel: numbered and acknowledged messages over a WebSocket, which together
// are a stream of bytes to a port of a machine. It knows nothing of AWS's API:
// who uses it starts, resumes and ends the session.
//
// The protocol is that of the agent on the machine,
// https://github.com/aws/amazon-ssm-agent/tree/mainline/agent/session
package datachannel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// Ticket opens the data channel of a session once.
type Ticket struct{ Session, URL, Token string }

// ErrOver is what Resume returns for a session that cannot be gone on with.
var ErrOver = errors.New("the session is over")

// Closed reports that the service ended the session; Why are its words.
type Closed struct{ Why string }

func (e *Closed) Error() string {
	if e.Why == "" {
		return "AWS Session Manager ended the session"
	}
	return "AWS Session Manager ended the session: " + e.Why
}

// NoPort reports that nothing listens on the port of the machine.
type NoPort struct{ Says string }

func (e *NoPort) Error() string {
	return "the agent on the machine cannot connect to the port: " + e.Says
}

// Options is what a channel needs of its user.
type Options struct {
	// Version is what the agent is told.
	Version string
	// Resume gets another ticket once the connection was lost, which AWS does
	// about once an hour. Its error ends the channel when it is ErrOver, and is
	// tried again otherwise.
	Resume func(ctx context.Context, session string) (Ticket, error)
	// Pause is the clock.
	Pause func(context.Context, time.Duration) error
}

// Limits. A message is as long as the agent's own are, for the service cuts
// longer ones off; early ones are kept as the agent keeps them.
const (
	longest = 1024  // bytes of data in a message
	window  = 64    // messages on their way that nobody has acknowledged
	early   = 10000 // messages kept until those before them arrive
	unread  = 10000 // messages kept until they are read; more are not acknowledged
)

// Channel is the stream. It outlives the connections it goes over.
type Channel struct {
	options Options
	ticket  Ticket
	life    context.Context
	end     context.CancelFunc
	ready   chan struct{} // closed once the handshake is complete
	running sync.WaitGroup

	mu    sync.Mutex
	moved *sync.Cond // something below has changed
	link  *link      // nil: there is no connection
	out   []*sent    // not acknowledged, in order
	next  int64      // number of the next message from here
	due   int64      // number of the next one to be read
	early map[int64]message
	in    [][]byte // to be read
	trip  trip
	why   error // set once, when it has ended
}

// sent is a message that may have to be sent again.
type sent struct {
	number int64
	bytes  []byte
	at     time.Time
	again  bool
}

// Dial opens the channel, and returns when the machine can be spoken to.
func Dial(ctx context.Context, t Ticket, o Options) (*Channel, error) {
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	c := &Channel{options: o, ticket: t, life: life, end: end, ready: make(chan struct{}), early: map[int64]message{}}
	c.moved = sync.NewCond(&c.mu)
	first, err := open(ctx, t)
	if err != nil {
		end()
		return nil, fmt.Errorf("the data channel of AWS Session Manager cannot be opened: %w", err)
	}
	c.running.Go(func() { c.keep(first) })
	c.running.Go(c.resend)
	late := time.NewTimer(greeting)
	defer late.Stop()
	select {
	case <-c.ready:
		return c, nil
	case <-life.Done():
	case <-late.C:
		c.finish(errSilent)
	case <-ctx.Done():
		c.finish(context.Cause(ctx))
	}
	c.running.Wait()
	return nil, c.ended()
}

// greeting is how long the handshake with the agent may take.
const greeting = 30 * time.Second

var errSilent = errors.New("the agent on the machine does not answer to AWS Session Manager; try again in a minute")

// Read reads what the machine sent.
func (c *Channel) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.in) == 0 {
		if c.why != nil {
			return 0, c.why
		}
		c.moved.Wait()
	}
	n := copy(p, c.in[0])
	if c.in[0] = c.in[0][n:]; len(c.in[0]) == 0 {
		c.in = c.in[1:]
	}
	return n, nil
}

// Write sends to the machine. It returns before all has arrived.
func (c *Channel) Write(p []byte) (int, error) {
	for n := 0; n < len(p); n += longest {
		if err := c.send(plain, p[n:min(n+longest, len(p))]); err != nil {
			return n, err
		}
	}
	return len(p), nil
}

// send numbers a message, keeps it, and hands it to the connection if there is
// one; what is lost on the way is sent again.
func (c *Channel) send(kind payload, data []byte) error {
	c.mu.Lock()
	for c.why == nil && len(c.out) >= window {
		c.moved.Wait()
	}
	if c.why != nil {
		c.mu.Unlock()
		return c.why
	}
	m := message{Type: inputData, Created: time.Now(), Sequence: c.next, ID: newID(), Kind: kind, Payload: data}
	s := &sent{number: m.Sequence, bytes: m.encode(), at: m.Created}
	c.next++
	c.out = append(c.out, s)
	l := c.link
	c.mu.Unlock()
	l.write(c.life, s.bytes)
	return nil
}

// Close ends the stream. The session is its starter's to end.
func (c *Channel) Close() error {
	c.finish(net.ErrClosed)
	c.running.Wait()
	return nil
}

// finish ends it, for the first reason that is given.
func (c *Channel) finish(why error) {
	c.mu.Lock()
	if c.why == nil {
		c.why = why
	}
	l := c.link
	c.mu.Unlock()
	c.moved.Broadcast()
	c.end()
	l.close()
}

func (c *Channel) ended() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.why
}

// LocalAddr implements net.Conn.
func (c *Channel) LocalAddr() net.Addr { return address("") }

// RemoteAddr implements net.Conn.
func (c *Channel) RemoteAddr() net.Addr { return address(c.ticket.Session) }

// SetDeadline implements net.Conn; there are none.
func (c *Channel) SetDeadline(time.Time) error { return os.ErrNoDeadline }

// SetReadDeadline implements net.Conn; there are none.
func (c *Channel) SetReadDeadline(time.Time) error { return os.ErrNoDeadline }

// SetWriteDeadline implements net.Conn; there are none.
func (c *Channel) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }

type address string

func (address) Network() string  { return "session-manager" }
func (a address) String() string { return string(a) }
