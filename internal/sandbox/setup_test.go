package sandbox

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// script writes an executable.
func script(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o700); err != nil { //nolint:gosec // it must be run
		t.Fatal(err)
	}
}

// onPath makes a folder the only one on the PATH besides the system's own without Python.
func onPath(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"sh", "mkdir", "cat", "chmod", "cp"} {
		found, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(found, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	return dir
}

func TestWithoutPython(t *testing.T) {
	alone(t)
	onPath(t)
	_, err := Up(t.Context(), Options{Listen: "127.0.0.1:0"})
	if err == nil || !strings.Contains(err.Error(), "no Python 3 on the PATH") || !strings.Contains(err.Error(), "apt-get install python3") {
		t.Errorf("got %v", err)
	}
}

func TestWithAnOldPython(t *testing.T) {
	alone(t)
	script(t, filepath.Join(onPath(t), "python3"), `echo '{"path": "/usr/bin/python3", "major": 3, "minor": 8, "lacks": []}'`)
	_, err := Up(t.Context(), Options{Listen: "127.0.0.1:0"})
	if err == nil || !strings.Contains(err.Error(), "needs Python 3.10 or newer, but python3 is Python 3.8") {
		t.Errorf("got %v", err)
	}
}

func TestAFailedSetUpQuotesPip(t *testing.T) {
	alone(t)
	bin := onPath(t)
	// This Python makes an environment in which pip fails.
	script(t, filepath.Join(bin, "inside"), "echo Collecting moto\necho 'ERROR: No matching distribution found' >&2\nexit 1\n")
	script(t, filepath.Join(bin, "python3"), fmt.Sprintf(`
case "$1 $2" in
"-m venv") mkdir -p "$3/bin" && cp %[1]s/inside "$3/bin/python3";;
*) echo '{"path": "%[1]s/python3", "major": 3, "minor": 12, "lacks": ["moto==5.2.1"]}';;
esac`, bin))
	said := &tail{}
	_, err := Up(t.Context(), Options{Listen: "127.0.0.1:0", Log: said})
	if err == nil || !strings.Contains(err.Error(), "ERROR: No matching distribution found") || !strings.Contains(err.Error(), "PIP_INDEX_URL") {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(said.last(5), "Setting up the sandbox in ") {
		t.Errorf("it said %q", said.last(5))
	}
	script(t, filepath.Join(bin, "python3"), fmt.Sprintf(`
case "$1 $2" in
"-m venv") echo 'ensurepip is not available'; exit 1;;
*) echo '{"path": "%[1]s/python3", "major": 3, "minor": 12, "lacks": ["moto==5.2.1"]}';;
esac`, bin))
	_, err = Up(t.Context(), Options{Listen: "127.0.0.1:0"})
	if err == nil || !strings.Contains(err.Error(), "ensurepip is not available") || !strings.Contains(err.Error(), "apt-get install python3-venv") {
		t.Errorf("got %v", err)
	}
}

func TestASetUpIsMadeOnceAndAgainWhenItBroke(t *testing.T) {
	h := alone(t)
	truly, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal(err)
	}
	real, err := askPython(t.Context(), truly, nil)
	if err != nil {
		t.Fatal(err)
	}
	bin := onPath(t)
	// The environment it makes is the real Python, which has the packages.
	script(t, filepath.Join(bin, "inside"), fmt.Sprintf("case \"$2\" in pip) echo pip >> %s/runs;; *) exec %s \"$@\";; esac\n", bin, real.Path))
	script(t, filepath.Join(bin, "python3"), fmt.Sprintf(`
case "$1 $2" in
"-m venv") mkdir -p "$3/bin" && cp %[1]s/inside "$3/bin/python3";;
*) echo '{"path": "%[1]s/python3", "major": 3, "minor": 12, "lacks": ["moto==5.2.1"]}';;
esac`, bin))
	runs := func() int {
		text, _ := os.ReadFile(filepath.Join(bin, "runs"))
		return strings.Count(string(text), "pip")
	}
	for i, want := range []int{1, 1, 2} {
		if s := up(t, Options{Listen: "127.0.0.1:0"}); !answers(t.Context(), s.URL) {
			t.Error("it does not answer")
		}
		if _, _, err := Down(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := runs(); got != want {
			t.Errorf("start %d: pip has run %d times, want %d", i+1, got, want)
		}
		if i == 1 { // as after an upgrade of the Python below
			broken, err := filepath.Glob(h.path("python-*/bin/python3"))
			if err != nil || len(broken) != 1 {
				t.Fatalf("%v, %v", broken, err)
			}
			if err := os.Remove(broken[0]); err != nil {
				t.Fatal(err)
			}
		}
	}
}
