// Package channeltest is AWS Session Manager and the agent on a machine, for
// tests: it serves data channels that lead to where the test says, and disturbs
// them. It is written from the protocol's description, and shares no code with
// the client.
package channeltest

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
)

// Faults are what goes wrong, as shares of all messages.
type Faults struct {
	Seed uint64
	// LoseHere is of messages from the client, acknowledgements among them, LoseThere of those to it.
	LoseHere, LoseThere float64
	// Twice of messages are sent twice, and Late of them after later ones.
	Twice, Late float64
	// Cut closes the connection after so many messages to the client, again and again; 0 never does.
	Cut int
	// Encrypt has the agent ask for encryption with a key of KMS.
	Encrypt bool
}

// Service is where channels are opened.
type Service struct {
	URL string // of the WebSocket

	t       testing.TB
	connect func(context.Context) (net.Conn, error)
	faults  Faults
	life    context.Context
	running sync.WaitGroup

	mu       sync.Mutex
	dice     *rand.Rand
	sessions map[string]*session
	used     map[string]bool
	cuts     int
}

// Start starts a service until t ends. Each session gets a connection of its
// own from connect. A token is SESSION#NUMBER, good for one connection.
func Start(t testing.TB, connect func(context.Context) (net.Conn, error), f Faults) *Service {
	t.Helper()
	life, end := context.WithCancel(context.Background())
	s := &Service{
		t: t, connect: connect, faults: f, life: life,
		dice: rand.New(rand.NewPCG(f.Seed, 1)), sessions: map[string]*session{}, used: map[string]bool{},
	}
	front := httptest.NewServer(http.HandlerFunc(s.serve))
	s.URL = "ws" + strings.TrimPrefix(front.URL, "http")
	t.Cleanup(func() {
		end()
		front.CloseClientConnections()
		s.running.Wait()
		front.Close()
	})
	return s
}

// Address connects to one that TCP knows.
func Address(address string) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", address)
	}
}

// Listen serves each connection to a port of this machine, until t ends; its
// address is returned.
func Listen(t testing.TB, serve func(net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	return l.Addr().String()
}

// Cuts is how often connections were closed as Faults.Cut says.
func (s *Service) Cuts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cuts
}

// chance is true in a share of cases.
func (s *Service) chance(share float64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dice.Float64() < share
}

func (s *Service) serve(w http.ResponseWriter, r *http.Request) {
	s.running.Add(1)
	defer s.running.Done()
	socket, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = socket.CloseNow() }() // it ends either way
	ctx, cancel := context.WithCancel(s.life)
	defer cancel()
	one, err := s.admit(ctx, socket)
	if err != nil {
		_ = socket.Close(websocket.StatusPolicyViolation, err.Error())
		return
	}
	one.use(ctx, socket)
	defer one.leave(socket)
	for {
		_, raw, err := socket.Read(ctx)
		if err != nil {
			return
		}
		if !s.chance(s.faults.LoseHere) {
			one.take(raw)
		}
	}
}

// admit reads the token.
func (s *Service) admit(ctx context.Context, socket *websocket.Conn) (*session, error) {
	kind, raw, err := socket.Read(ctx)
	if err != nil {
		return nil, err
	}
	var hello struct{ MessageSchemaVersion, RequestId, TokenValue, ClientId string }
	if err := json.Unmarshal(raw, &hello); err != nil || kind != websocket.MessageText {
		return nil, fmt.Errorf("no token: %w", err)
	}
	name, _, ok := strings.Cut(hello.TokenValue, "#")
	if !ok || hello.MessageSchemaVersion != "1.0" || len(hello.RequestId) != 36 || len(hello.ClientId) != 36 {
		return nil, fmt.Errorf("the first message is %s", raw)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used[hello.TokenValue] {
		return nil, fmt.Errorf("the token was used before")
	}
	s.used[hello.TokenValue] = true
	one := s.sessions[name]
	if one == nil {
		one = &session{service: s, early: map[int64]kept{}}
		s.sessions[name] = one
		s.running.Go(one.resend)
		s.running.Go(one.begin)
	}
	return one, nil
}
