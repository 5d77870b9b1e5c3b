package ui

import (
	"encoding/json"
	"io"
	"strings"
	"time"
	"unicode"
)

// LogLine is a line of a log, or several that were written at once.
type LogLine struct {
	Time                time.Time
	Group, Stream, Text string
}

// Log writes one. What is in it must not move the cursor or colour what follows.
func (s Streams) Log(l LogLine) {
	where := l.Stream
	if l.Group != "" {
		where = l.Group + " " + where
	}
	head := l.Time.UTC().Format("2006-01-02 15:04:05") + " " + where
	text := strings.Split(strings.TrimRight(Visible(l.Text), "\n"), "\n")
	s.Print("%s  %s", faint.Render(head), text[0])
	for _, more := range text[1:] {
		s.Print("    %s", more)
	}
}

// JSONLine writes one of many answers for a program, each on a line.
func (s Streams) JSONLine(v any) error {
	e := json.NewEncoder(s.Out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// Visible is a text of others without what a terminal would take for commands.
func Visible(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return -1
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r):
			return '\uFFFD'
		}
		return r
	}, text)
}

// Pass writes what a program elsewhere wrote, as it is.
func (s Streams) Pass(text string) { _, _ = io.WriteString(s.Out, text) } // a closed pipe ends the program by itself

// PassError does so with what it wrote on its standard error.
func (s Streams) PassError(text string) { _, _ = io.WriteString(s.Err, text) } // as above
