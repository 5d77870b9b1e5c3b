package datachannel

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/coder/websocket"
)

// link is one connection to the service; a nil one is none.
type link struct{ socket *websocket.Conn }

const (
	largest    = 1 << 20 // bytes of a message that are read
	dialing    = 20 * time.Second
	pinging    = time.Minute // AWS ends a connection that is idle for ten
	pong       = 20 * time.Second
	firstPause = 200 * time.Millisecond
	lastPause  = 5 * time.Second
	tries      = 60 // to resume: five minutes, as long as the agent holds what it has sent
)

// open connects and shows the ticket, which is good for one connection.
func open(ctx context.Context, t Ticket) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, dialing)
	defer cancel()
	socket, response, err := websocket.Dial(ctx, t.URL, nil)
	if err != nil {
		return nil, err
	}
	if response.Body != nil {
		_ = response.Body.Close() // it is empty once the connection is a WebSocket
	}
	socket.SetReadLimit(largest)
	request := newID().String()
	token, err := json.Marshal(map[string]string{
		"MessageSchemaVersion": "1.0", "RequestId": request, "TokenValue": t.Token, "ClientId": newID().String(),
	})
	if err == nil {
		err = socket.Write(ctx, websocket.MessageText, token)
	}
	if err != nil {
		_ = socket.CloseNow() // it is given up
		return nil, err
	}
	return &link{socket}, nil
}

// write sends as far as the connection goes; a lost one is noticed by whoever
// reads from it, and what was not acknowledged is sent again.
func (l *link) write(ctx context.Context, b []byte) {
	if l == nil {
		return
	}
	_ = l.socket.Write(ctx, websocket.MessageBinary, b)
}

func (l *link) close() {
	if l != nil {
		_ = l.socket.CloseNow() // it ends either way
	}
}

// keep reads from connections, one after the other, until the channel ends.
func (c *Channel) keep(l *link) {
	for l != nil {
		c.use(l)
		c.read(l)
		c.use(nil)
		l.close()
		if c.life.Err() != nil {
			return
		}
		l = c.reconnect()
	}
}

// use makes a connection the one that is written to, and sends over it what
// got lost with the one before.
func (c *Channel) use(l *link) {
	c.mu.Lock()
	c.link = l
	var lost [][]byte
	if l != nil {
		for _, s := range c.out {
			s.again, s.at = true, time.Now()
			lost = append(lost, s.bytes)
		}
	}
	c.mu.Unlock()
	for _, b := range lost {
		l.write(c.life, b)
	}
}

// read takes messages in until the connection is lost.
func (c *Channel) read(l *link) {
	ctx, cancel := context.WithCancel(c.life)
	defer cancel()
	c.running.Go(func() {
		for c.options.Pause(ctx, pinging) == nil {
			waiting, done := context.WithTimeout(ctx, pong)
			_ = l.socket.Ping(waiting) // that it is sent is what keeps the connection
			done()
		}
	})
	for {
		_, b, err := l.socket.Read(ctx)
		if err != nil {
			return
		}
		if m, err := decode(b); err == nil { // a broken one is sent again, for nobody acknowledges it
			c.take(l, m)
		}
	}
}

// reconnect resumes the session; nil ends the channel, and the reason is kept.
func (c *Channel) reconnect() *link {
	wait := firstPause
	for try := 1; ; try++ {
		t, err := c.options.Resume(c.life, c.ticket.Session)
		if err == nil {
			var l *link
			if l, err = open(c.life, t); err == nil {
				return l
			}
		}
		if errors.Is(err, ErrOver) {
			c.finish(&Closed{})
			return nil
		}
		if try == tries || c.life.Err() != nil {
			c.finish(err)
			return nil
		}
		if err := c.options.Pause(c.life, wait); err != nil {
			c.finish(err)
			return nil
		}
		wait = min(2*wait, lastPause)
	}
}
