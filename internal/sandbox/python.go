package sandbox

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// oldest is the oldest Python that the pinned packages run on, by their own metadata.
const oldest = 10 // 3.10

// pythons are the names it is looked for under, the usual one first: the python3 of some systems is too old, with a
// newer one beside it.
var pythons = [...]string{"python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python"}

// python is one interpreter, by its own account.
type python struct {
	Path  string   `json:"path"`
	Major int      `json:"major"`
	Minor int      `json:"minor"`
	Lacks []string `json:"lacks"` // what it cannot import of the packages it was asked for
}

func (p python) version() string { return fmt.Sprintf("%d.%d", p.Major, p.Minor) }

func (p python) isNewEnough() bool { return p.Major > 3 || p.Major == 3 && p.Minor >= oldest }

// ask is a program for any Python, however old, that says which one it is and what it lacks.
//
//go:embed ask.py
var ask string

// askPython runs the interpreter and hears what it has of the packages, which are NAME==VERSION.
func askPython(ctx context.Context, path string, packages []string) (python, error) {
	command := exec.CommandContext(ctx, path, append([]string{"-c", ask}, packages...)...)
	command.Env = clean()
	out, err := command.Output()
	if err != nil {
		return python{}, err
	}
	var p python
	return p, json.Unmarshal(out, &p)
}

// findPython returns the first Python on the PATH that is new enough.
func findPython(ctx context.Context, packages []string) (python, error) {
	var old []string
	for _, name := range pythons {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		p, err := askPython(ctx, path, packages)
		if ctx.Err() != nil {
			return python{}, ctx.Err()
		}
		if err == nil && p.isNewEnough() {
			return p, nil
		}
		if err == nil {
			old = append(old, fmt.Sprintf("%s is Python %s", name, p.version()))
		}
	}
	const install = "Install it (Debian, Ubuntu: sudo apt-get install python3 python3-venv; macOS: brew install python3),\n" +
		"then run the same command again"
	if len(old) > 0 {
		return python{}, fmt.Errorf("the sandbox is a Python program and needs Python 3.%d or newer, but %s.\n%s",
			oldest, strings.Join(old, " and "), install)
	}
	return python{}, errors.New("the sandbox is a Python program, and there is no Python 3 on the PATH.\n" + install)
}

// needed are the packages of the requirements that the sandbox itself cannot do without.
func needed(requirements []byte) []string {
	var packages []string
	for line := range strings.Lines(string(requirements)) {
		name, version, pinned := strings.Cut(strings.TrimSpace(line), "==")
		name, _, _ = strings.Cut(name, "[")
		if pinned && (name == "moto" || name == "boto3") {
			packages = append(packages, name+"=="+version)
		}
	}
	return packages
}
