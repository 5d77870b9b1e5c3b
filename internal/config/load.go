package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// maxSize is far above any real config and keeps a wrong file from being parsed.
const maxSize = 1 << 17

// Load reads and checks a config file. Everything that is wrong with its content
// is in one *Faults; a file that can't be read is an error that wraps the system's.
func Load(path string) (Config, error) {
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Config{}, fmt.Errorf("there is no config file %s; write one with: keyedin init, or name another with --config: %w", path, err)
	case err != nil:
		return Config{}, fmt.Errorf("the config file can't be read; check the path and its permissions: %w", err)
	}
	return Parse(path, data)
}

// Parse checks the text of a config file; name is what faults call the file. Keys
// that the text leaves out have their defaults. An error is always a *Faults.
func Parse(name string, data []byte) (Config, error) {
	text, origin, faults := decodeText(name, data)
	if len(faults) > 0 {
		return Config{}, &Faults{List: sortFaults(faults)}
	}
	root, faults := document(text, origin)
	if root == nil {
		return Config{}, &Faults{List: sortFaults(faults)}
	}
	c := Default()
	d := decoder{origin: origin, faults: faults}
	d.root(root, &c)
	c.Origin = origin
	c.derive()
	if list := append(d.faults, check(c, d.faults)...); len(list) > 0 {
		return Config{}, &Faults{List: sortFaults(list)}
	}
	return c, nil
}

// decodeText finds what keeps a file from being read as text at all.
func decodeText(name string, data []byte) (string, *Origin, []Fault) {
	text := strings.TrimPrefix(string(data), "\ufeff")
	origin := newOrigin(name, strings.ToValidUTF8(text, "\ufffd"))
	whole := func(message, hint string) (string, *Origin, []Fault) {
		return "", origin, []Fault{origin.fault(place{1, 1}, "", message, hint)}
	}
	switch {
	case len(data) > maxSize:
		return whole("this is no config: it is larger than 128 KiB", "name the right file with --config")
	case strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff"):
		return whole("the file is in UTF-16", "save it as UTF-8")
	case strings.TrimSpace(text) == "":
		return whole("the file is empty", "write a config with: keyedin init")
	}
	var faults []Fault
	for i, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		faults = append(faults, lineFaults(origin, i+1, line)...)
	}
	return text, origin, faults
}

// lineFaults finds what YAML's own reader reports without a place, or badly.
func lineFaults(origin *Origin, number int, line string) []Fault {
	column := 1
	for i, r := range line {
		at := place{number, column}
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(line[i:], "\ufffd"):
			return []Fault{origin.fault(at, "", "this character is not UTF-8", "save the file as UTF-8")}
		case r < ' ' && r != '\t' || r == 0x7f:
			return []Fault{origin.fault(at, "", "a control character is not allowed here", "delete it")}
		case r == '\t' && strings.TrimLeft(line[:i], " ") == "" && !blank(line):
			return []Fault{origin.fault(at, "", "a tab can't indent YAML", "use spaces: two for each level")}
		}
		column++
	}
	return nil
}

// blank says whether a line has nothing but a comment, whose indentation is free.
func blank(line string) bool {
	line = strings.TrimSpace(line)
	return line == "" || line[0] == '#'
}

// document parses the text as one YAML document; nil when there is none.
func document(text string, origin *Origin) (*yaml.Node, []Fault) {
	var docs []yaml.Node
	if err := yaml.Load([]byte(text), &docs, yaml.WithAllDocuments()); err != nil {
		return nil, []Fault{syntaxFault(err, origin)}
	}
	if len(docs) == 0 || len(docs[0].Content) == 0 {
		return nil, []Fault{origin.fault(place{1, 1}, "", "the file says nothing", "write a config with: keyedin init")}
	}
	if len(docs) == 1 {
		return docs[0].Content[0], nil
	}
	second := place{docs[1].Line, docs[1].Column}
	return docs[0].Content[0], []Fault{origin.fault(second, "", "a second YAML document begins here",
		"keep one environment in one file, and name it with --config")}
}

// syntaxFault says where the text stops being YAML.
func syntaxFault(err error, origin *Origin) Fault {
	var e *yaml.LoadError
	if !errors.As(err, &e) || e.Mark.Line == 0 {
		return origin.fault(place{1, 1}, "", "this is not YAML: "+err.Error(), "")
	}
	at, message := e.Mark, e.Message
	if at.Line > len(origin.lines) && e.ContextMark.Line > 0 {
		at, message = e.ContextMark, e.Message+" "+e.ContextMsg+" that begins here"
	}
	hint := "check the indentation, the quotes and the brackets here and in the line above"
	if e.ContextMsg != "" && e.ContextMark.Line > 0 && e.ContextMark.Line != at.Line {
		hint = fmt.Sprintf("%s that begins at line %d\n%s", e.ContextMsg, e.ContextMark.Line, hint)
	}
	return origin.fault(place{at.Line, at.Column}, "", "this is not YAML: "+message, hint)
}
