// Package ui is the only one that prints: answers for people and for programs,
// progress, questions. It knows terminals, plans and outcomes; it does not
// know AWS, and decides nothing.
package ui

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"golang.org/x/term"
)

// Width is how many columns text for people is made for.
const Width = 80

// Streams are where a command reads and writes. Out is for the answer, Err for
// progress, questions and errors.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	// Live is true when Err is a terminal, on which lines can be redrawn.
	Live bool
	// Asks is true when a person is there to answer questions.
	Asks bool
	// JSON is true when the answer is for a program.
	JSON bool
	// Verbose shows every field of what is created, and what only informs.
	Verbose bool
}

// Standard are the process's own streams. Colour is left out where the
// terminal or NO_COLOR does not want it.
func Standard(noColor bool) Streams {
	environ := os.Environ()
	if noColor {
		environ = append(environ, "NO_COLOR=1")
	}
	terminal := term.IsTerminal(int(os.Stderr.Fd())) && os.Getenv("TERM") != "dumb"
	return Streams{
		In: os.Stdin, Out: colorprofile.NewWriter(os.Stdout, environ), Err: colorprofile.NewWriter(os.Stderr, environ),
		Live: terminal, Asks: terminal && term.IsTerminal(int(os.Stdin.Fd())),
	}
}

// The few styles there are.
var (
	strong = lipgloss.NewStyle().Bold(true)
	faint  = lipgloss.NewStyle().Faint(true)
	good   = lipgloss.NewStyle().Foreground(lipgloss.Green)
	change = lipgloss.NewStyle().Foreground(lipgloss.Yellow)
	bad    = lipgloss.NewStyle().Foreground(lipgloss.Red)
)

// Say writes a line of progress.
func (s Streams) Say(format string, args ...any) {
	fmt.Fprintln(s.Err, s.fit(fmt.Sprintf(format, args...)))
}

// Print writes a line of the answer.
func (s Streams) Print(format string, args ...any) {
	fmt.Fprintf(s.Out, format+"\n", args...)
}

// Text writes a paragraph of the answer.
func (s Streams) Text(format string, args ...any) {
	fmt.Fprintln(s.Out, wrap(fmt.Sprintf(format, args...), ""))
}

// Object writes the answer for a program.
func (s Streams) Object(v any) error {
	e := json.NewEncoder(s.Out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// Fail writes what went wrong: what, why, and what to type next.
func (s Streams) Fail(err error) {
	fmt.Fprintln(s.Err, s.fit(bad.Render("Error:")+" "+strings.TrimRight(err.Error(), "\n")))
}

// Warn writes what a person should know.
func (s Streams) Warn(format string, args ...any) {
	fmt.Fprintln(s.Err, s.fit(change.Render("Note:")+" "+fmt.Sprintf(format, args...)))
}

// fit breaks the long lines of a text where a person reads it. Elsewhere they
// stay whole, so that programs can look for what is in them; and so do quoted
// lines, which are indented.
func (s Streams) fit(text string) string {
	if !s.Live {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if lipgloss.Width(line) > Width && !strings.HasPrefix(line, " ") {
			lines[i] = wrap(line, "")
		}
	}
	return strings.Join(lines, "\n")
}

// Confirm asks for a word to be typed; ok is whether it was. The word "yes" is
// taken as "y" too.
func (s Streams) Confirm(question, word string) (ok bool, err error) {
	fmt.Fprintf(s.Err, "%s %s ", question, faint.Render("(type "+word+")"))
	line, err := bufio.NewReader(s.In).ReadString('\n')
	if err != nil && line == "" {
		return false, fmt.Errorf("nobody answered: %w", err)
	}
	answer := strings.TrimSpace(line)
	return answer == word || word == "yes" && answer == "y", nil
}

// wrap breaks text into lines of at most width columns, the first with the
// prefix and the others indented as far. Colours take no columns, and what is
// in backquotes stays together, to be copied.
func wrap(text, prefix string) string {
	var b strings.Builder
	line, indent := prefix, strings.Repeat(" ", lipgloss.Width(prefix))
	empty := true
	for _, word := range words(text) {
		if !empty && lipgloss.Width(line)+1+lipgloss.Width(word) > Width {
			b.WriteString(line + "\n")
			line, empty = indent, true
		}
		if !empty {
			line += " "
		}
		line, empty = line+word, false
	}
	return b.String() + line
}

// words splits text at spaces, but not those within backquotes.
func words(text string) []string {
	var all []string
	open := false
	for _, word := range strings.Fields(text) {
		if open {
			all[len(all)-1] += " " + word
		} else {
			all = append(all, word)
		}
		if strings.Count(word, "`")%2 == 1 {
			open = !open
		}
	}
	return all
}

// styled renders each line by itself: rendered together they would be filled
// up to the same width.
func styled(style lipgloss.Style, text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = style.Render(line)
	}
	return strings.Join(lines, "\n")
}
