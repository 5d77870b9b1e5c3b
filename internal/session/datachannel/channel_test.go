package datachannel_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/keyedin-app/keyedin-infra/internal/session/datachannel"
	"github.com/keyedin-app/keyedin-infra/internal/session/datachannel/channeltest"
)

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// echo is a port that answers with what it is sent, and ends when it reads an end.
func echo(t *testing.T) func(context.Context) (net.Conn, error) {
	t.Helper()
	return channeltest.Address(channeltest.Listen(t, func(c net.Conn) { defer c.Close(); io.Copy(c, c) }))
}

// dial opens a channel that is resumed when it is cut.
func dial(t *testing.T, s *channeltest.Service, resume func(n int64) error) (*datachannel.Channel, error) {
	t.Helper()
	var n atomic.Int64
	ticket := func() datachannel.Ticket {
		return datachannel.Ticket{Session: "one", URL: s.URL, Token: fmt.Sprintf("one#%d", n.Add(1))}
	}
	return datachannel.Dial(t.Context(), ticket(), datachannel.Options{
		Version: "1.2.0", Pause: pause,
		Resume: func(context.Context, string) (datachannel.Ticket, error) {
			if resume != nil {
				if err := resume(n.Load()); err != nil {
					return datachannel.Ticket{}, err
				}
			}
			return ticket(), nil
		},
	})
}

// TestStreamArrives sends much there and back over connections that lose, repeat,
// reorder and end, and wants every byte in its place.
func TestStreamArrives(t *testing.T) {
	for name, f := range map[string]channeltest.Faults{
		"calm":      {},
		"lossy":     {Seed: 1, LoseHere: 0.05, LoseThere: 0.05},
		"repeating": {Seed: 2, Twice: 0.3},
		"reordered": {Seed: 3, Late: 0.3},
		"cut":       {Seed: 4, Cut: 60},
		"all":       {Seed: 5, LoseHere: 0.03, LoseThere: 0.03, Twice: 0.1, Late: 0.1, Cut: 90},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := channeltest.Start(t, echo(t), f)
			c, err := dial(t, s, nil)
			if err != nil {
				t.Fatal(err)
			}
			want := make([]byte, 100_000)
			rand.NewChaCha8([32]byte{1}).Read(want)
			go func() {
				own := bytes.Clone(want)
				for len(own) > 0 {
					n := min(len(own), 3000)
					part := bytes.Clone(own[:n])
					if _, err := c.Write(part); err != nil {
						t.Error(err)
						return
					}
					clear(part) // a writer's buffer is its own again
					own = own[n:]
				}
			}()
			got := make([]byte, len(want))
			if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, want) {
				t.Errorf("what came back differs: %v", err)
			}
			if f.Cut > 0 && s.Cuts() == 0 {
				t.Error("nothing was cut")
			}
			c.Close()
			if _, err := c.Read(got); !errors.Is(err, net.ErrClosed) {
				t.Errorf("reading from a closed channel: %v", err)
			}
			if _, err := c.Write(got); !errors.Is(err, net.ErrClosed) {
				t.Errorf("writing to a closed channel: %v", err)
			}
		})
	}
}

// TestEnds gives each end its words.
func TestEnds(t *testing.T) {
	t.Run("the port is closed there", func(t *testing.T) {
		t.Parallel()
		near, far := net.Pipe()
		s := channeltest.Start(t, func(context.Context) (net.Conn, error) { return far, nil }, channeltest.Faults{})
		c, err := dial(t, s, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		go func() { near.Write([]byte("bye")); near.Close() }()
		if got, err := io.ReadAll(c); err != nil || string(got) != "bye" {
			t.Errorf("%q, %v", got, err)
		}
	})
	t.Run("nothing listens", func(t *testing.T) {
		t.Parallel()
		s := channeltest.Start(t, func(context.Context) (net.Conn, error) { return nil, errors.New("refused") }, channeltest.Faults{})
		c, err := dial(t, s, nil)
		if err == nil {
			_, err = io.ReadAll(c)
			c.Close()
		}
		if _, ok := errors.AsType[*datachannel.NoPort](err); !ok {
			t.Errorf("%v", err)
		}
	})
	t.Run("encryption", func(t *testing.T) {
		t.Parallel()
		_, err := dial(t, channeltest.Start(t, echo(t), channeltest.Faults{Encrypt: true}), nil)
		if err == nil || !strings.Contains(err.Error(), "KMS") {
			t.Errorf("%v", err)
		}
	})
	t.Run("over", func(t *testing.T) {
		t.Parallel()
		s := channeltest.Start(t, echo(t), channeltest.Faults{Cut: 30})
		c, err := dial(t, s, func(int64) error { return datachannel.ErrOver })
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		go c.Write(make([]byte, 100_000))
		_, err = io.Copy(io.Discard, c)
		if _, ok := errors.AsType[*datachannel.Closed](err); !ok {
			t.Errorf("%v", err)
		}
	})
	t.Run("a token that was used", func(t *testing.T) {
		t.Parallel()
		s := channeltest.Start(t, echo(t), channeltest.Faults{})
		c, err := dial(t, s, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := dial(t, s, func(int64) error { return datachannel.ErrOver }); err == nil {
			t.Error("it was taken twice")
		}
	})
}

// TestGivenUp ends a handshake that nobody answers, and leaves nothing running.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	s := channeltest.Start(t, echo(t), channeltest.Faults{LoseThere: 1})
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	go cancel(why)
	_, err := datachannel.Dial(ctx, datachannel.Ticket{Session: "one", URL: s.URL, Token: "one#1"}, datachannel.Options{Version: "1", Pause: pause})
	if err == nil || !errors.Is(err, why) && !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
