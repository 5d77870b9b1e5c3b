package ui

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// longestSecret is far more than any secret, in bytes.
const longestSecret = 1 << 20

// Secret reads what must not be shown: without an echo at a terminal, else all
// of standard input but a newline at its end.
func (s Streams) Secret(what string) (string, error) {
	if s.Asks {
		fmt.Fprintf(s.Err, "%s: ", what)
		typed, err := term.ReadPassword(int(os.Stdin.Fd()))
		fmt.Fprintln(s.Err)
		return string(typed), err
	}
	text, err := io.ReadAll(io.LimitReader(s.In, longestSecret))
	return strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"), err
}
