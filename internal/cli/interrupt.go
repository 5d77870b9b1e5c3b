package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// errInterrupted is the cause of the end of everything after a second Ctrl-C.
var errInterrupted = errors.New("interrupted")

// interrupt turns signals into a stop: the first lets nothing new start, the
// second ends everything at once, the third does not wait for that either.
type interrupt struct {
	first    chan struct{}
	once     sync.Once
	signals  chan os.Signal
	graceful bool // a stop is awaited by someone; else the first signal ends everything
	mu       sync.Mutex
	cancel   context.CancelCauseFunc
}

func watch(ctx context.Context, say func(string)) (context.Context, *interrupt) {
	ctx, cancel := context.WithCancelCause(ctx)
	i := &interrupt{first: make(chan struct{}), signals: make(chan os.Signal, 3), cancel: cancel}
	signal.Notify(i.signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		for n := 1; ; n++ {
			if _, ok := <-i.signals; !ok {
				return
			}
			i.once.Do(func() { close(i.first) })
			switch {
			case n > 2:
				os.Exit(exitInterrupted)
			case n == 2 || !i.isGraceful():
				cancel(errInterrupted)
			default:
				say("Interrupted: finishing what is under way and starting nothing new. Press Ctrl-C again to stop now.")
			}
		}
	}()
	return ctx, i
}

// end gives the signals back.
func (i *interrupt) end() {
	signal.Stop(i.signals)
	close(i.signals)
	i.cancel(nil)
}

// asked reports whether a stop was asked for.
func (i *interrupt) asked() bool {
	select {
	case <-i.first:
		return true
	default:
		return false
	}
}

// gracefully says that from now on the first signal is taken care of by
// whoever watches first; the function it returns ends that.
func (i *interrupt) gracefully() func() {
	i.set(true)
	return func() { i.set(false) }
}

func (i *interrupt) set(graceful bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.graceful = graceful
}

func (i *interrupt) isGraceful() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.graceful
}
