package ui

import (
	"cmp"
	"os"

	"golang.org/x/term"
)

// Terminal is the one this process is at, for a program elsewhere.
type Terminal struct {
	// Type is its name for terminfo.
	Type    string
	Resized <-chan struct{}
	state   *term.State
	stop    func()
}

// Terminal hands the terminal over: from now on keys go as they are to whoever
// reads In, Ctrl-C too, until Close. Without a terminal on both sides it is nil.
func (s Streams) Terminal() (*Terminal, error) {
	in, out := int(os.Stdin.Fd()), int(os.Stdout.Fd())
	if !term.IsTerminal(in) || !term.IsTerminal(out) {
		return nil, nil
	}
	state, err := term.MakeRaw(in)
	if err != nil {
		return nil, err
	}
	t := &Terminal{Type: cmp.Or(os.Getenv("TERM"), "xterm"), state: state}
	t.Resized, t.stop = resized()
	return t, nil
}

// Size is how many columns and rows it has now.
func (t *Terminal) Size() (columns, rows int) {
	columns, rows, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil || columns <= 0 || rows <= 0 {
		return Width, 24
	}
	return columns, rows
}

// Close gives it back.
func (t *Terminal) Close() {
	t.stop()
	_ = term.Restore(int(os.Stdin.Fd()), t.state) // nothing is left to be done
}

// AtTerminal reports whether there is one to hand over.
func (s Streams) AtTerminal() bool {
	return s.InIsTerminal() && term.IsTerminal(int(os.Stdout.Fd()))
}

// InIsTerminal reports whether a person types standard input.
func (s Streams) InIsTerminal() bool { return term.IsTerminal(int(os.Stdin.Fd())) }
