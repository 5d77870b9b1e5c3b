package config

import "strings"

// Origin is where a config was read from: the file, its lines, and the place of
// each value. Two configs that say the same are equal wherever they come from.
type Origin struct {
	file   string
	lines  []string
	places map[string]place // by path; only of keys that the file gives
}

// place is a line and a column in characters, both from 1.
type place struct{ line, column int }

// Equal is always true: the origin is no part of what a config says.
func (o *Origin) Equal(*Origin) bool { return true }

// newOrigin cuts a text into lines, whatever system it was written on.
func newOrigin(file, text string) *Origin {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	return &Origin{file: file, lines: lines, places: map[string]place{}}
}

// has says whether the file itself gives a value at the path.
func (o *Origin) has(path string) bool {
	if o == nil {
		return false
	}
	_, ok := o.places[path]
	return ok
}

// at is the place of the value at the path, else of the section it would be in,
// else the beginning of the file.
func (o *Origin) at(path string) place {
	for path != "" {
		if p, ok := o.places[path]; ok {
			return p
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return place{1, 1}
}

// fault is a fault at a place; one that came from no file has no line.
func (o *Origin) fault(at place, path, message, hint string) Fault {
	f := Fault{Path: path, Message: message, Hint: hint}
	if o == nil {
		return f
	}
	f.File = o.file
	f.Line = min(max(at.line, 1), len(o.lines))
	f.Text = o.lines[f.Line-1]
	f.Column = min(max(at.column, 1), len([]rune(f.Text))+1)
	return f
}
