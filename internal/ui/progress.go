package ui

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Progress shows what an apply is doing: what is under way, since when, how
// long it takes as a rule. On a terminal the lines under way are redrawn, each
// second; elsewhere each start, wait and end is a plain line.
type Progress struct {
	streams Streams
	mu      sync.Mutex
	total   int
	ended   int
	active  map[string]*activity
	left    []string
	drawn   int // lines of the live part on the screen
	stop    chan struct{}
	stopped sync.WaitGroup
}

type activity struct {
	event   engine.Event
	started time.Time
	said    string // last text written as a plain line
	saidAt  time.Time
}

// NewProgress starts to show; Close ends it. total is how many objects there are.
func NewProgress(s Streams, total int) *Progress {
	p := &Progress{streams: s, total: total, active: map[string]*activity{}, stop: make(chan struct{})}
	p.stopped.Go(p.tick)
	return p
}

// On takes an event of the engine.
func (p *Progress) On(e engine.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := string(e.Action) + e.Address
	a := p.active[key]
	switch e.Phase {
	case engine.Started:
		p.active[key] = &activity{event: e, started: e.At}
		if !p.streams.Live {
			p.line("%s %s%s", doing[e.Action], e.Address, usually(e))
		}
	case engine.Busying, engine.Recovered:
		if a != nil {
			p.busy(a, e)
		}
	default:
		delete(p.active, key)
		p.ended++
		p.end(e)
	}
	p.draw()
}

func (p *Progress) busy(a *activity, e engine.Event) {
	a.event = e
	if e.Phase == engine.Recovered {
		a.event.Text = "found again after a lost answer"
	}
	text := firstLine(a.event.Text)
	said := text == a.said
	switch {
	case e.Elapsed < 2*time.Second:
	case p.streams.Live && (said || lipgloss.Width(text) < Width/2): // the live part shows it
	case said && e.At.Sub(a.saidAt) < 30*time.Second: // the same wait is said again only when it takes long
	default:
		a.said, a.saidAt = text, e.At
		p.wait(e, text, said)
	}
}

// wait says what is waited for: the first time in full, as a reason of AWS's is
// often longer than a line, and what to do comes last in it.
func (p *Progress) wait(e engine.Event, text string, again bool) {
	if again {
		text = cut(text, Width)
	}
	if lipgloss.Width(text) > Width {
		p.line("%s %s, %s so far%s:\n%s", doing[e.Action], e.Address, seconds(e.Elapsed), usually(e), wrap(text, "  "))
		return
	}
	p.line("%s %s: %s, %s so far%s", doing[e.Action], e.Address, text, seconds(e.Elapsed), usually(e))
}

func (p *Progress) end(e engine.Event) {
	switch e.Phase {
	case engine.Done:
		p.line("%s %s %s in %s", good.Render("✓"), done[e.Action], e.Address, seconds(e.Elapsed))
	case engine.Person:
		p.line("%s %s waits for a person: %s", change.Render("!"), e.Address, e.Text)
	case engine.Skipped:
		p.left = append(p.left, e.Address) // said together at the end: there may be many
	case engine.Stopped:
		p.line("%s %s was interrupted; the next run goes on with it", change.Render("!"), e.Address)
	default:
		p.line("%s %s failed: %s", bad.Render("✗"), e.Address, e.Text)
	}
}

// line writes above the live part.
func (p *Progress) line(format string, args ...any) {
	p.erase()
	stamp := ""
	if !p.streams.Live {
		stamp = time.Now().Format("15:04:05 ")
	}
	fmt.Fprintf(p.streams.Err, stamp+format+"\n", args...)
}

func (p *Progress) erase() {
	if p.drawn > 0 {
		fmt.Fprintf(p.streams.Err, "\x1b[%dA\x1b[J", p.drawn)
		p.drawn = 0
	}
}

// most is how many lines under way are shown at once.
const most = 8

// draw redraws the live part.
func (p *Progress) draw() {
	if !p.streams.Live {
		return
	}
	p.erase()
	all := make([]*activity, 0, len(p.active))
	for _, a := range p.active {
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b *activity) int { return a.started.Compare(b.started) })
	var b strings.Builder
	for i, a := range all {
		if i == most {
			fmt.Fprintf(&b, "  … and %d more\n", len(all)-most)
			break
		}
		text := fmt.Sprintf("  %s %s %s", doing[a.event.Action], a.event.Address, seconds(time.Since(a.started)))
		text += usually(a.event)
		if a.event.Text != "" {
			text += ": " + firstLine(a.event.Text)
		}
		b.WriteString(cut(text, Width-1) + "\n")
	}
	fmt.Fprintf(&b, "%s\n", faint.Render(fmt.Sprintf("%d of %d", p.ended, p.total)))
	p.drawn = strings.Count(b.String(), "\n")
	_, _ = io.WriteString(p.streams.Err, b.String()) // a lost terminal must not end the work
}

func (p *Progress) tick() {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-t.C:
			p.mu.Lock()
			p.draw()
			p.mu.Unlock()
		}
	}
}

// Close takes the live part away.
func (p *Progress) Close() {
	close(p.stop)
	p.stopped.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	if len(p.left) > 0 {
		fmt.Fprintln(p.streams.Err, wrap("Left undone: "+strings.Join(Few(p.left, 8), ", ")+".", ""))
	}
}

var (
	doing = map[engine.Action]string{
		engine.Create: "creating", engine.Update: "changing", engine.Replace: "replacing",
		engine.Delete: "deleting", engine.Await: "waiting for",
	}
	done = map[engine.Action]string{
		engine.Create: "created", engine.Update: "changed", engine.Replace: "replaced",
		engine.Delete: "deleted", engine.Await: "ready:",
	}
)

func usually(e engine.Event) string {
	if e.Usual < 10*time.Second {
		return ""
	}
	return fmt.Sprintf(" (usually %s)", about(e.Usual))
}

func about(d time.Duration) string {
	if d < 2*time.Minute {
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	return fmt.Sprintf("%d min", int(d.Round(time.Minute).Minutes()))
}

func seconds(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
