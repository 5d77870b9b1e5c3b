package datachannel

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"slices"
	"time"
)

// acknowledgement is the payload of one.
type acknowledgement struct {
	Type       string `json:"AcknowledgedMessageType"`
	ID         string `json:"AcknowledgedMessageId"`
	Sequence   int64  `json:"AcknowledgedMessageSequenceNumber"`
	Sequential bool   `json:"IsSequentialMessage"`
}

// take does what a message says.
func (c *Channel) take(l *link, m message) {
	switch m.Type {
	case acknowledge:
		var a acknowledgement
		if json.Unmarshal(m.Payload, &a) == nil {
			c.arrived(a.Sequence)
		}
	case outputData:
		if c.store(m) {
			l.write(c.life, acknowledged(m).encode())
		}
		c.deliver()
	case closed:
		var why struct{ Output string }
		_ = json.Unmarshal(m.Payload, &why) // the words are only a help
		if why.Output == "" {
			c.finish(io.EOF)
			return
		}
		c.finish(&Closed{Why: why.Output})
	}
}

// acknowledged is the answer to a message.
func acknowledged(m message) message {
	content, _ := json.Marshal(acknowledgement{m.Type, m.ID.String(), m.Sequence, true}) // it cannot fail
	return message{Type: acknowledge, Created: time.Now(), Flags: lastOfOne, ID: newID(), Payload: content}
}

// store keeps a message until it is its turn, and tells whether it can be
// acknowledged. One that was read before is, for the last acknowledgement of it
// got lost.
func (c *Channel) store(m message) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m.Sequence < c.due {
		return true
	}
	if _, known := c.early[m.Sequence]; known {
		return true
	}
	if m.Sequence > c.due && len(c.early) >= early || len(c.in) >= unread {
		return false
	}
	c.early[m.Sequence] = m
	return true
}

// deliver goes through the messages whose turn it is.
func (c *Channel) deliver() {
	for {
		c.mu.Lock()
		m, there := c.early[c.due]
		if !there {
			c.mu.Unlock()
			return
		}
		delete(c.early, c.due)
		c.due++
		if m.Kind == plain && len(m.Payload) > 0 {
			c.in = append(c.in, m.Payload)
		}
		c.mu.Unlock()
		c.moved.Broadcast()
		c.hear(m)
	}
}

// hear does what a message that is no data says.
func (c *Channel) hear(m message) {
	switch m.Kind {
	case handshakeRequest:
		c.shake(m.Payload)
	case handshakeComplete:
		select {
		case <-c.ready:
		default:
			close(c.ready)
		}
	case flag:
		if len(m.Payload) >= 4 && binary.BigEndian.Uint32(m.Payload) == noPort {
			c.finish(&NoPort{Says: "nothing listens there"})
		}
	}
}

// arrived forgets a message that the agent has.
func (c *Channel) arrived(number int64) {
	c.mu.Lock()
	i := slices.IndexFunc(c.out, func(s *sent) bool { return s.number == number })
	if i >= 0 {
		if s := c.out[i]; !s.again { // of one sent twice nobody knows which arrived
			c.trip.took(time.Since(s.at))
		}
		c.out = slices.Delete(c.out, i, i+1)
	}
	c.mu.Unlock()
	c.moved.Broadcast()
}

// looking is how often the oldest message is looked at.
const looking = 100 * time.Millisecond

// resend sends the oldest message again when its acknowledgement is overdue.
func (c *Channel) resend() {
	for c.options.Pause(c.life, looking) == nil {
		c.mu.Lock()
		l, overdue := c.link, []byte(nil)
		if len(c.out) > 0 && time.Since(c.out[0].at) > c.trip.patience() {
			c.out[0].again, c.out[0].at = true, time.Now()
			overdue = c.out[0].bytes
		}
		c.mu.Unlock()
		if overdue != nil {
			l.write(c.life, overdue)
		}
	}
}

// trip estimates how long an acknowledgement takes, as TCP does.
// https://www.rfc-editor.org/rfc/rfc6298
type trip struct{ mean, spread time.Duration }

const (
	leastPatience = 200 * time.Millisecond
	mostPatience  = time.Second
)

func (t *trip) took(d time.Duration) {
	if t.mean == 0 {
		t.mean, t.spread = d, d/2
		return
	}
	t.spread += ((t.mean - d).Abs() - t.spread) / 4
	t.mean += (d - t.mean) / 8
}

func (t trip) patience() time.Duration {
	if t.mean == 0 {
		return mostPatience
	}
	return min(max(t.mean+4*t.spread, leastPatience), mostPatience)
}
