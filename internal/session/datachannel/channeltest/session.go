package channeltest

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"net"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// session is the agent's side of one. It outlives its connections.
type session struct {
	service *Service

	mu     sync.Mutex
	ctx    context.Context
	socket *websocket.Conn
	count  int // messages over this connection
	port   net.Conn
	next   int64
	out    []outgoing // not acknowledged
	due    int64
	early  map[int64]kept
	held   []byte // to be sent after the next one
}

type outgoing struct {
	number int64
	raw    []byte
}

type kept struct {
	kind    uint32
	content []byte
}

const again = 50 * time.Millisecond

func (s *session) use(ctx context.Context, socket *websocket.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ctx, s.socket, s.count = ctx, socket, 0
}

func (s *session) leave(socket *websocket.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.socket == socket {
		s.socket = nil
	}
}

// begin is the agent's first message.
func (s *session) begin() {
	actions := []map[string]any{{
		"ActionType":       "SessionType",
		"ActionParameters": map[string]any{"SessionType": "Port", "Properties": map[string]string{"portNumber": "22"}},
	}}
	if s.service.faults.Encrypt {
		actions = append(actions, map[string]any{"ActionType": "KMSEncryption", "ActionParameters": map[string]string{"KMSKeyId": "k"}})
	}
	s.say(5, jsonOf(map[string]any{"AgentVersion": "3.3.2299.0", "RequestedClientActions": actions}))
}

// say sends data of a kind, until it is acknowledged.
func (s *session) say(kind uint32, content []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	raw := pack("output_stream_data", kind, s.next, content)
	s.out = append(s.out, outgoing{s.next, raw})
	s.next++
	s.put(raw)
}

// put hands a message to the connection, with all that can go wrong. The lock
// is held.
func (s *session) put(raw []byte) {
	f := s.service.faults
	switch {
	case s.socket == nil || s.service.chance(f.LoseThere):
		return
	case s.held == nil && s.service.chance(f.Late):
		s.held = raw
		return
	}
	s.write(raw)
	if s.service.chance(f.Twice) {
		s.write(raw)
	}
	if s.held != nil {
		raw, s.held = s.held, nil
		s.write(raw)
	}
	if s.count++; f.Cut > 0 && s.count > f.Cut {
		_ = s.socket.CloseNow() // as above
		s.socket = nil
		s.service.mu.Lock()
		s.service.cuts++
		s.service.mu.Unlock()
	}
}

func (s *session) write(raw []byte) {
	if s.socket != nil {
		_ = s.socket.Write(s.ctx, websocket.MessageBinary, raw)
	}
}

func (s *session) resend() {
	t := time.NewTicker(again)
	defer t.Stop()
	for {
		select {
		case <-s.service.life.Done():
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.port != nil {
				s.port.Close()
			}
			return
		case <-t.C:
			s.mu.Lock()
			for _, o := range s.out[:min(len(s.out), 8)] {
				s.put(o.raw)
			}
			s.mu.Unlock()
		}
	}
}

// take is what the client says.
func (s *session) take(raw []byte) {
	f, kind, content, err := unpack(raw)
	if err != nil {
		s.service.t.Errorf("the client sent %v", err)
		return
	}
	switch kind {
	case "acknowledge":
		s.acknowledged(f, content)
	case "input_stream_data":
		ack := jsonOf(map[string]any{
			"AcknowledgedMessageType": kind, "AcknowledgedMessageId": f.id(),
			"AcknowledgedMessageSequenceNumber": f.SequenceNumber, "IsSequentialMessage": true,
		})
		s.mu.Lock()
		s.put(pack("acknowledge", 0, 0, ack))
		if f.SequenceNumber >= s.due {
			s.early[f.SequenceNumber] = kept{f.PayloadType, content}
		}
		s.mu.Unlock()
		s.deliver()
	default:
		s.service.t.Errorf("the client sent a %s", kind)
	}
}

func (s *session) acknowledged(f frame, content []byte) {
	var a struct {
		AcknowledgedMessageType, AcknowledgedMessageId string
		AcknowledgedMessageSequenceNumber              int64
		IsSequentialMessage                            bool
	}
	if err := json.Unmarshal(content, &a); err != nil || a.AcknowledgedMessageType != "output_stream_data" || !a.IsSequentialMessage || f.Flags != 3 {
		s.service.t.Errorf("the client acknowledges with %s, flags %d", content, f.Flags)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, o := range s.out {
		if o.number == a.AcknowledgedMessageSequenceNumber {
			if sent, _, _, _ := unpack(o.raw); sent.id() != a.AcknowledgedMessageId {
				s.service.t.Errorf("the client acknowledges %s as %s", sent.id(), a.AcknowledgedMessageId)
			}
			s.out = append(s.out[:i:i], s.out[i+1:]...)
			return
		}
	}
}

// deliver goes through what the client sent, in order.
func (s *session) deliver() {
	for {
		s.mu.Lock()
		k, there := s.early[s.due]
		if !there {
			s.mu.Unlock()
			return
		}
		delete(s.early, s.due)
		s.due++
		port := s.port
		s.mu.Unlock()
		switch {
		case k.kind == 6:
			s.shaken(k.content)
		case k.kind == 1 && port != nil:
			_, _ = port.Write(k.content) // a port that is closed is found out by reading
		default:
			s.service.t.Errorf("the client sent data of kind %d before or beside the handshake", k.kind)
		}
	}
}

// shaken is the end of the handshake.
func (s *session) shaken(content []byte) {
	var r struct {
		ClientVersion          string
		ProcessedClientActions []struct {
			ActionType   string
			ActionStatus int
		}
	}
	if err := json.Unmarshal(content, &r); err != nil || r.ClientVersion == "" || len(r.ProcessedClientActions) == 0 {
		s.service.t.Errorf("the client's handshake is %s", content)
		return
	}
	for _, a := range r.ProcessedClientActions {
		if a.ActionStatus != 1 {
			s.close("the client could not do " + a.ActionType)
			return
		}
	}
	s.say(7, jsonOf(map[string]any{"HandshakeTimeToComplete": 1000, "CustomerMessage": ""}))
	port, err := s.service.connect(s.service.life)
	if err != nil {
		s.say(10, binary.BigEndian.AppendUint32(nil, 3))
		return
	}
	s.mu.Lock()
	s.port = port
	s.mu.Unlock()
	s.service.running.Go(func() {
		b := make([]byte, 1024)
		for {
			n, err := port.Read(b)
			if n > 0 {
				s.say(1, b[:n])
			}
			if err != nil {
				s.close("")
				return
			}
		}
	})
}

// close tells the client that it is over, once all has arrived.
func (s *session) close(why string) {
	for s.service.life.Err() == nil {
		s.mu.Lock()
		if len(s.out) == 0 {
			s.write(pack("channel_closed", 0, 0, jsonOf(map[string]any{"MessageType": "channel_closed", "Output": why})))
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		time.Sleep(again / 5)
	}
}
