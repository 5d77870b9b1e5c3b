package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const docs = "../../docs/commands"

// help is what a command says of itself, with its flags and without everybody's.
func help(t *testing.T, command ...string) (usage, everybodys string) {
	t.Helper()
	path, err := executable()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(path, append(command, "--help")...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", command, err, out)
	}
	_, usage, _ = strings.Cut(string(out), "Usage:")
	usage, everybodys, _ = strings.Cut(usage, "\nGlobal Flags:")
	everybodys, _, _ = strings.Cut(everybodys, "\nUse \"")
	return strings.TrimSpace("Usage:" + usage), strings.Trim(everybodys, "\n")
}

// commands are the names in a list of commands in a help text.
func commands(t *testing.T, command ...string) []string {
	t.Helper()
	usage, _ := help(t, command...)
	_, list, _ := strings.Cut(usage, "Available Commands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	var names []string
	for line := range strings.Lines(list) {
		if name := strings.Fields(line)[0]; name != "help" {
			names = append(names, name)
		}
	}
	return names
}

func page(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(docs, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// Each command has a page that says what its help says, and is in the index;
// no page is about a command that is no more.
func TestDocs(t *testing.T) {
	t.Parallel()
	index := page(t, "README.md")
	known := map[string]string{}
	for _, name := range commands(t) {
		text := page(t, name+".md")
		if !strings.Contains(index, "| ["+name+"]("+name+".md) |") {
			t.Errorf("%s is not in the index", name)
		}
		all := [][]string{{name}}
		if name != "completion" { // whose subcommands are the shells
			for _, sub := range commands(t, name) {
				all = append(all, []string{name, sub})
			}
		}
		for _, command := range all {
			usage, everybodys := help(t, command...)
			known[strings.Join(command, " ")] = usage
			if !strings.Contains(text, "```\n"+usage+"\n```\n") {
				t.Errorf("%s.md does not have the help of %v:\n%s", name, command, usage)
			}
			if !strings.Contains(index, everybodys) {
				t.Errorf("the index does not have the flags of every command:\n%s", everybodys)
			}
		}
		if !strings.Contains(text, "\n| 0 | ") || !strings.Contains(text, "\n| 1 | ") {
			t.Errorf("%s.md has no exit codes", name)
		}
		transcripts(t, name, text)
	}
	pages, err := filepath.Glob(filepath.Join(docs, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range pages {
		name := strings.TrimSuffix(filepath.Base(path), ".md")
		if name != "README" && known[name] == "" {
			t.Errorf("there is no command for %s", path)
		}
	}
}

var typed = regexp.MustCompile(`(?m)^\$ (keyedin .*)$`)

// transcripts holds the commands in a page's examples to what can be typed.
func transcripts(t *testing.T, name, text string) {
	t.Helper()
	lines := typed.FindAllStringSubmatch(text, -1)
	if len(lines) == 0 {
		t.Errorf("%s.md has no transcript", name)
	}
	for _, line := range lines {
		words, _, _ := strings.Cut(line[1], " >")
		words, _, _ = strings.Cut(words, " | ")
		words, _, _ = strings.Cut(words, " 2>")
		args := strings.Fields(words)[1:]
		path, err := executable()
		if err != nil {
			t.Fatal(err)
		}
		// With --help a command line is parsed, and nothing is done. What is after --
		// is another program's.
		at := slices.Index(append(slices.Clone(args), "--"), "--")
		if out, err := exec.Command(path, slices.Insert(slices.Clone(args), at, "--help")...).CombinedOutput(); err != nil {
			t.Errorf("%s.md: %s cannot be typed: %s", name, line[1], out)
		}
	}
}
