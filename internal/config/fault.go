package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Fault is one thing that is wrong with a config file.
type Fault struct {
	File         string // as it was given to Load or Parse; empty: no file
	Line, Column int    // from 1, the column in characters; 0: no file
	Path         string // of the key, such as network.zones; empty: the whole file
	Text         string // the offending line
	Message      string // what is wrong, and why
	Hint         string // the nearest valid key or value, or what to do instead
}

// String is the fault for people: file:line:column, the line with a caret under
// the offending place, and the hint.
func (f Fault) String() string {
	var b strings.Builder
	if f.File != "" {
		fmt.Fprintf(&b, "%s:%d:%d: ", f.File, f.Line, f.Column)
	}
	b.WriteString(f.Message)
	margin := "    "
	if f.Line > 0 {
		number := strconv.Itoa(f.Line)
		margin = strings.Repeat(" ", max(5, len(number)))
		text, column := window(visible(f.Text), f.Column)
		fmt.Fprintf(&b, "\n%*s | %s\n%s | %s^", len(margin), number, text, margin, strings.Repeat(" ", column-1))
		margin += "   "
	}
	if f.Hint != "" {
		b.WriteString("\n" + margin + strings.ReplaceAll(f.Hint, "\n", "\n"+margin))
	}
	return b.String()
}

// Faults are all that is wrong with a config file, in the order of the file.
type Faults struct{ List []Fault }

// mostShown is how many faults Error shows: more are a wrong file, not mistakes.
const mostShown = 50

// Error shows the faults, and how many there are.
func (f *Faults) Error() string {
	var b strings.Builder
	for _, fault := range f.List[:min(len(f.List), mostShown)] {
		b.WriteString(fault.String() + "\n\n")
	}
	switch n := len(f.List); {
	case n == 1:
		b.WriteString("1 fault: correct it and try again")
	case n > mostShown:
		fmt.Fprintf(&b, "%d faults, of which these are the first %d: correct them and try again", n, mostShown)
	default:
		fmt.Fprintf(&b, "%d faults: correct them and try again", n)
	}
	return b.String()
}

// sortFaults puts faults in the order of the file, each said once.
func sortFaults(list []Fault) []Fault {
	slices.SortStableFunc(list, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.Compact(list)
}

// visible is a line as it can be shown: without characters that move the cursor.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' || r == '\ufeff':
			return '?'
		}
		return r
	}, s)
}

// window is the part of a long line around a column, and the column in it.
func window(line string, column int) (string, int) {
	const width, before = 120, 40
	runes := []rune(line)
	if len(runes) <= width {
		return line, column
	}
	from := min(max(0, column-before), len(runes)-width)
	return string(runes[from : from+width]), column - from
}
