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
	fmt.Fprintf(s.Err, format+"\n", args...)
}

// Print writes a line of the answer.
func (s Streams) Print(format string, args ...any) {
	fmt.Fprintf(s.Out, format+"\n", args...)
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
	text := strings.TrimRight(err.Error(), "\n")
	fmt.Fprintf(s.Err, "%s %s\n", bad.Render("Error:"), text)
}

// Warn writes what a person should know.
func (s Streams) Warn(format string, args ...any) {
	fmt.Fprintf(s.Err, "%s %s\n", change.Render("Note:"), fmt.Sprintf(format, args...))
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

// wrap breaks text into lines of at most width columns, each with the prefix.
func wrap(text, prefix string) string {
	var b strings.Builder
	line := prefix
	for _, word := range strings.Fields(text) {
		if len([]rune(line))+1+len([]rune(word)) > Width && strings.TrimSpace(line) != strings.TrimSpace(prefix) {
			b.WriteString(line + "\n")
			line = strings.Repeat(" ", len([]rune(prefix)))
		}
		if line != prefix && strings.TrimSpace(line) != "" {
			line += " "
		}
		line += word
	}
	return b.String() + line
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
