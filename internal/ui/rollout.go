package ui

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Rollout shows what goes on in several places at once, a line a place: at a
// terminal redrawn each second, elsewhere a plain line when something ends.
type Rollout struct {
	streams Streams
	mu      sync.Mutex
	order   []string
	at      map[string]goingOn
	drawn   int
	stop    chan struct{}
	stopped sync.WaitGroup
}

// goingOn is what a place is at.
type goingOn struct {
	doing   string
	started time.Time
	usual   time.Duration
}

// NewRollout starts to show; Close ends it.
func NewRollout(s Streams) *Rollout {
	r := &Rollout{streams: s, at: map[string]goingOn{}, stop: make(chan struct{})}
	if s.Live {
		r.stopped.Go(r.tick)
	}
	return r
}

// Begin says what a place is at now, since when, and how long that takes as a
// rule.
func (r *Rollout) Begin(where, doing string, since time.Time, usual time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.at[where]; !known {
		r.order = append(r.order, where)
	}
	if since.IsZero() {
		since = time.Now()
	}
	if was, known := r.at[where]; known && was.doing == doing {
		return
	}
	r.at[where] = goingOn{doing, since, usual}
	if !r.streams.Live && usual >= 10*time.Second {
		r.line("  %s %s (usually %s)", where, doing, about(usual))
	}
	r.draw()
}

// End says that something has ended in a place, well or not.
func (r *Rollout) End(where, what string, well bool, took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	mark := good.Render("✓")
	if !well {
		mark = bad.Render("✗")
	}
	r.line("%s %s %s in %s", mark, where, what, seconds(took))
	r.draw()
}

// Gone says that nothing goes on in a place any more.
func (r *Rollout) Gone(where string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.at, where)
	r.draw()
}

func (r *Rollout) line(format string, args ...any) {
	r.erase()
	stamp := ""
	if !r.streams.Live {
		stamp = time.Now().Format("15:04:05 ")
	}
	fmt.Fprintf(r.streams.Err, stamp+format+"\n", args...)
}

func (r *Rollout) erase() {
	if r.drawn > 0 {
		fmt.Fprintf(r.streams.Err, "\x1b[%dA\x1b[J", r.drawn)
		r.drawn = 0
	}
}

func (r *Rollout) draw() {
	if !r.streams.Live {
		return
	}
	r.erase()
	var b strings.Builder
	shown := 0
	for _, where := range r.order {
		p, going := r.at[where]
		if !going {
			continue
		}
		if shown++; shown > most {
			fmt.Fprintf(&b, "  … and %d more\n", len(r.at)-most)
			break
		}
		text := fmt.Sprintf("  %s %s %s", where, p.doing, seconds(time.Since(p.started)))
		if p.usual >= 10*time.Second {
			text += " (usually " + about(p.usual) + ")"
		}
		b.WriteString(cut(text, Width-1) + "\n")
	}
	r.drawn = strings.Count(b.String(), "\n")
	_, _ = io.WriteString(r.streams.Err, b.String()) // a lost terminal must not end the work
}

func (r *Rollout) tick() {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-r.stop:
			return
		case <-t.C:
			r.mu.Lock()
			r.draw()
			r.mu.Unlock()
		}
	}
}

// Close takes the lines away.
func (r *Rollout) Close() {
	close(r.stop)
	r.stopped.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.erase()
}

// Quoted writes what a program on another machine said, a little indented, so
// that it is not taken for our own.
func (s Streams) Quoted(text string) {
	for line := range strings.Lines(text) {
		fmt.Fprintln(s.Err, "  │ "+strings.TrimRight(line, "\r\n"))
	}
}

// Choose asks for a word; an empty answer is the one that is offered.
func (s Streams) Choose(question, offer string) (string, error) {
	fmt.Fprintf(s.Err, "%s %s ", question, faint.Render("["+offer+"]"))
	line, err := bufio.NewReader(s.In).ReadString('\n')
	if err != nil && line == "" {
		return "", fmt.Errorf("nobody answered: %w", err)
	}
	return cmp.Or(strings.TrimSpace(line), offer), nil
}
