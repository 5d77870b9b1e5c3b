package session

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// BadFile reports text that is no .env file. It names the line, and never what
// is on it.
type BadFile struct {
	Line int
	Why  string
}

func (e *BadFile) Error() string { return fmt.Sprintf("line %d %s", e.Line, e.Why) }

// ParseFile reads text in the form of Laravel's .env: quotes, escapes, comments
// and ${NAME} of earlier lines mean what they mean to Laravel. Variables without
// a value are left out and named in empty, as AWS keeps none. The error is a
// BadFile or a BadVariable.
// https://github.com/vlucas/phpdotenv
func ParseFile(text []byte) (values map[string]string, empty []string, err error) {
	p := dotenv{rest: strings.ReplaceAll(strings.TrimPrefix(string(text), "\ufeff"), "\r\n", "\n"), line: 1, values: map[string]string{}}
	for p.next() {
		if err := p.assignment(); err != nil {
			return nil, nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.values)) {
		if p.values[name] == "" {
			empty = append(empty, name)
			delete(p.values, name)
		} else if err := Check(name, p.values[name]); err != nil {
			return nil, nil, err
		}
	}
	return p.values, empty, nil
}

// FormatFile writes variables in the form of Laravel's .env, such that
// ParseFile and Laravel read the same values back.
func FormatFile(all []Variable) []byte {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`, "\n", `\n`, "\r", `\r`)
	var b strings.Builder
	for _, v := range all {
		fmt.Fprintf(&b, "%s=\"%s\"\n", v.Name, escape.Replace(v.Value))
	}
	return []byte(b.String())
}

// dotenv is a parser on its way through a file.
type dotenv struct {
	rest   string
	line   int
	values map[string]string
}

func (p *dotenv) bad(why string) error { return &BadFile{p.line, why} }

// take moves past n bytes and returns them.
func (p *dotenv) take(n int) string {
	taken := p.rest[:n]
	p.rest, p.line = p.rest[n:], p.line+strings.Count(taken, "\n")
	return taken
}

// next moves to the next assignment, past empty lines and comments.
func (p *dotenv) next() bool {
	for {
		p.take(len(p.rest) - len(strings.TrimLeft(p.rest, " \t\n")))
		if !strings.HasPrefix(p.rest, "#") {
			return p.rest != ""
		}
		p.take(p.lineEnd())
	}
}

func (p *dotenv) lineEnd() int {
	if n := strings.IndexByte(p.rest, '\n'); n >= 0 {
		return n
	}
	return len(p.rest)
}

func (p *dotenv) assignment() error {
	equals := strings.IndexByte(p.rest[:p.lineEnd()], '=')
	if equals < 0 {
		return p.bad("is not NAME=value")
	}
	name := strings.TrimSpace(strings.TrimPrefix(p.take(equals), "export "))
	if !variableName.MatchString(name) {
		return p.bad("does not begin with the name of a variable")
	}
	p.take(1)
	p.take(len(p.rest) - len(strings.TrimLeft(p.rest, " \t")))
	value, err := p.value()
	if err != nil {
		return err
	}
	p.values[name] = value
	return nil
}

func (p *dotenv) value() (string, error) {
	if p.rest == "" || p.rest[0] != '"' && p.rest[0] != '\'' {
		return p.plain()
	}
	quote := p.take(1)
	value, err := p.quoted(quote[0])
	if err != nil {
		return "", err
	}
	after := strings.TrimSpace(p.rest[:p.lineEnd()])
	if after != "" && !strings.HasPrefix(after, "#") {
		return "", p.bad("has something after the closing quote")
	}
	p.take(p.lineEnd())
	return value, nil
}

// comment begins what is not of an unquoted value any more.
var comment = regexp.MustCompile(`(^|[ \t])#.*$`)

func (p *dotenv) plain() (string, error) {
	value := strings.TrimSpace(comment.ReplaceAllString(p.rest[:p.lineEnd()], ""))
	if strings.ContainsAny(value, " \t") {
		return "", p.bad("has a value with spaces in it; put it in quotes")
	}
	p.take(p.lineEnd())
	return p.expand(value), nil
}

// escapes are what a backslash and a letter mean between double quotes.
var escapes = map[byte]string{'n': "\n", 'r': "\r", 't': "\t", 'f': "\f", 'v': "\v", '\\': `\`, '"': `"`, '$': "$"}

func (p *dotenv) quoted(quote byte) (string, error) {
	begins := p.bad("has a quote that is never closed")
	var b strings.Builder
	for p.rest != "" {
		switch c := p.take(1)[0]; {
		case c == quote:
			return b.String(), nil
		case c == '\\' && p.rest != "":
			meant, known := escapes[p.rest[0]]
			if quote == '\'' {
				meant, known = p.rest[:1], p.rest[0] == '\'' || p.rest[0] == '\\'
			}
			if !known {
				return "", p.bad(`has a backslash before a character that needs none; write \\ for a backslash`)
			}
			p.take(1)
			b.WriteString(meant)
		case c == '$' && quote == '"':
			reference := named.FindString("$" + p.rest)
			if reference != "" {
				p.take(len(reference) - 1)
				b.WriteString(p.expand(reference))
				continue
			}
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return "", begins
}

// named is a reference to an earlier variable.
var named = regexp.MustCompile(`^\$\{[A-Za-z_][A-Za-z0-9_]*\}`)

var anyNamed = regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_]*\}`)

// expand puts in the values of earlier variables; what is not known stays.
func (p *dotenv) expand(value string) string {
	return anyNamed.ReplaceAllStringFunc(value, func(reference string) string {
		if known, ok := p.values[reference[2:len(reference)-1]]; ok {
			return known
		}
		return reference
	})
}
