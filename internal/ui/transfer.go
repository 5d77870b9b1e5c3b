package ui

import (
	"fmt"
	"io"
	"time"
)

// redrawn is how often a line is, at most.
const redrawn = 100 * time.Millisecond

// Transfer shows how much of something has been sent, on a line that is redrawn
// at a terminal and said now and then elsewhere. It is not for several at once.
type Transfer struct {
	streams Streams
	now     func() time.Time
	drawn   time.Time
}

// NewTransfer begins to show.
func NewTransfer(s Streams) *Transfer { return &Transfer{streams: s, now: time.Now, drawn: time.Now()} }

// At says how far it is.
func (t *Transfer) At(what string, sent, bytes int64) {
	every := quiet
	if t.streams.Live {
		every = redrawn
	}
	if t.now().Sub(t.drawn) < every {
		return
	}
	t.drawn = t.now()
	text := fmt.Sprintf("  %s: %s of %s", what, Bytes(sent), Bytes(bytes))
	if !t.streams.Live {
		_, _ = io.WriteString(t.streams.Err, text+"\n") // a lost terminal must not end the work
		return
	}
	_, _ = io.WriteString(t.streams.Err, "\r\x1b[K"+faint.Render(cut(text, Width-1))) // as above
}

// Rest takes the line away, for something else to be written.
func (t *Transfer) Rest() {
	if t.streams.Live {
		_, _ = io.WriteString(t.streams.Err, "\r\x1b[K") // as above
	}
}

// Bytes is a size as people say it.
func Bytes(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	size, units := float64(n), []string{"kB", "MB", "GB", "TB"}
	for i, unit := range units {
		size /= 1000
		if size < 9.95 {
			return fmt.Sprintf("%.1f %s", size, unit)
		}
		if size < 999.5 || i == len(units)-1 {
			return fmt.Sprintf("%.0f %s", size, unit)
		}
	}
	return ""
}
