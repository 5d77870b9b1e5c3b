package main

import (
	"os"
	"sync"
	"testing"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
)

// template is a place in which an environment was applied, for others to be
// copied from. It stays until the test binary ends.
type template struct {
	bench *bench.Bench
	dir   string
	ended result
}

// templates are those made so far, by their config.
var templates sync.Map

// forGood is a test whose things outlive it.
type forGood struct{ testing.TB }

func (forGood) Cleanup(func()) {}

// applied is a place in which the config that init writes, with a change of it,
// has been applied already: a copy, so that not every test has to do it again.
func applied(t *testing.T, edits ...func(string) string) *place {
	t.Helper()
	bare := &place{t: t, dir: t.TempDir()}
	bare.write("keyedin.yaml", initial(t))
	bare.edit(edits...)
	made, _ := templates.LoadOrStore(bare.read("keyedin.yaml"), sync.OnceValue(func() *template { return apply(bare) }))
	from := made.(func() *template)()
	if from.ended.code != 0 {
		t.Fatalf("the environment to start from could not be applied (%d): %s", from.ended.code, from.ended.err)
	}
	p := &place{Bench: from.bench.Fork(t), t: t, dir: t.TempDir()}
	if err := os.CopyFS(p.dir, os.DirFS(from.dir)); err != nil {
		t.Fatal(err)
	}
	return p
}

// apply makes a template of a place that is not in any account yet.
func apply(p *place) *template {
	dir, err := os.MkdirTemp("", "keyedin-applied")
	if err != nil {
		return &template{ended: result{code: -1, err: err.Error()}}
	}
	at := &place{Bench: bench.Start(forGood{p.t}), t: p.t, dir: dir}
	at.write("keyedin.yaml", p.read("keyedin.yaml"))
	return &template{at.Bench, dir, at.run("apply", "--yes")}
}

// initial is the config that init writes.
func initial(t *testing.T) string {
	t.Helper()
	initOnce.Do(func() {
		p := &place{Bench: bench.Start(t), t: t, dir: t.TempDir()}
		p.must("init")
		initText = p.read("keyedin.yaml")
	})
	return initText
}

var (
	initOnce sync.Once
	initText string
)
