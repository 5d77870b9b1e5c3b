package bench

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// World is what is in an account, by kind and address (or, for an object without that tag, a name that follows from what
// it is): "vpc vpc/main". Random ids are replaced by what they stand for; times, and what comes and goes by itself, such
// as the instances of a group, are left out. So two accounts in which the same was done have equal worlds, and a second
// object under the same address shows as "vpc vpc/main (2)". The objects in a fresh account are not in it.
type World map[string]any

// Kinds counts the objects of each kind.
func (w World) Kinds() map[string]int {
	counts := map[string]int{}
	for name := range maps.Keys(w) {
		kind, _, _ := strings.Cut(name, " ")
		counts[kind]++
	}
	return counts
}

// Names lists the objects, sorted.
func (w World) Names() []string { return slices.Sorted(maps.Keys(w)) }

// World looks at the account with boto3, behind the proxy's back.
func (b *Bench) World(t testing.TB) World {
	t.Helper()
	reader, err := worldReader()
	if err != nil {
		t.Fatal(err)
	}
	w, err := reader.ask(b.Moto, b.Account)
	if err != nil {
		t.Fatalf("the world of account %s cannot be read: %v", b.Account, err)
	}
	return w
}

// reader is a Python program that looks at accounts, one at a time.
type reader struct {
	mu   sync.Mutex
	in   io.Writer
	out  *bufio.Reader
	logs *buffer
}

// worldReader is one for all tests of the binary: boto3 takes seconds to load. It ends with the binary, which alone holds
// its standard input open.
var worldReader = sync.OnceValues(func() (*reader, error) {
	python, err := python()
	if err != nil {
		return nil, err
	}
	_, file, _, _ := runtime.Caller(0)
	command := exec.Command(python, filepath.Join(filepath.Dir(file), "world"))
	command.Env = append(command.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	r := &reader{logs: &buffer{}}
	command.Stderr = r.logs
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if r.in, err = command.StdinPipe(); err != nil {
		return nil, err
	}
	r.out = bufio.NewReader(out)
	return r, command.Start()
})

func (r *reader) ask(endpoint, account string) (World, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	question, err := json.Marshal(map[string]string{"endpoint": endpoint, "account": account})
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(r.in, "%s\n", question); err != nil {
		return nil, fmt.Errorf("%w: %s", err, r.logs)
	}
	line, err := r.out.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, r.logs)
	}
	var answer struct {
		World World  `json:"world"`
		Error string `json:"error"`
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		return nil, fmt.Errorf("%w: %q", err, line)
	}
	if answer.Error != "" {
		return nil, errors.New(answer.Error)
	}
	return answer.World, nil
}
