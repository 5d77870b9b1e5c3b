package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
)

// crowded is how many foreign objects the crowded account holds.
const crowded = 5000

// TestFigures measures what a user waits for. Its limits are those that the
// project has set itself; times depend on the machine.
func TestFigures(t *testing.T) {
	if os.Getenv("KEYEDIN_BENCH") == "" {
		t.Skip("it takes minutes and measures times: run by make bench")
	}
	arrive(t).must("apply", "--yes") // the sandbox loads a service at its first call
	p := arrive(t)
	first(t, p)
	for _, strangers := range []int{0, crowded} {
		if strangers > 0 {
			p.SetLatency(0)
			p.Crowd(strangers)
			t.Logf("among %d foreign objects:", strangers)
		}
		p.SetLatency(distance)
		for _, b := range budgets() {
			p.within(b)
		}
	}

	keyedin := build(t)
	p.SetLatency(0)
	quick(t, "keyedin version: time to its end", median(t, func() *exec.Cmd { return p.of(keyedin, "version") }, elapsed), 60*time.Millisecond)
	quick(t, "keyedin plan: its own CPU time", median(t, func() *exec.Cmd { return p.of(keyedin, "plan") }, cpu), 300*time.Millisecond)
}

// first measures the first apply against its critical path: the longest row of
// calls each of which began when the one before had ended.
func first(t *testing.T, p *place) {
	t.Helper()
	p.SetLatency(distance)
	p.must("apply", "--yes")
	record := p.Record()
	var path time.Duration
	for _, c := range record.Chain() {
		path += c.Duration()
	}
	ratio := record.Wall().Seconds() / path.Seconds()
	t.Logf("first apply: %d calls, %d of them changes of the infrastructure, %d one after the other, in %v: %.2f times its critical path of %v",
		len(record), len(record.Class(proxy.Change)), record.Depth(), record.Wall().Round(time.Millisecond), ratio, path.Round(time.Millisecond))
	if ratio > 1.5 {
		t.Errorf("the first apply takes %.2f times its critical path, the limit is 1.5:\n%s", ratio, spelled(record))
	}
}

// quick holds a time to its limit.
func quick(t *testing.T, what string, took, limit time.Duration) {
	t.Helper()
	t.Logf("%s: %v, the median of 21 runs; %.2f of the limit of %v", what, took, took.Seconds()/limit.Seconds(), limit)
	if took > limit {
		t.Errorf("%s: %v, the limit is %v", what, took, limit)
	}
}

// build builds the binary that users get: the test binary starts slower.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keyedin")
	if out, err := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the stripped binary has %.1f MB", float64(info.Size())/1e6)
	return path
}

// of is a run of another binary in this place.
func (p *place) of(binary string, args ...string) *exec.Cmd {
	c := p.command(args...)
	c.Path = binary
	return c
}

func elapsed(_ *exec.Cmd, wall time.Duration) time.Duration { return wall }

func cpu(c *exec.Cmd, _ time.Duration) time.Duration {
	return c.ProcessState.UserTime() + c.ProcessState.SystemTime()
}

func median(t *testing.T, command func() *exec.Cmd, of func(*exec.Cmd, time.Duration) time.Duration) time.Duration {
	t.Helper()
	var all []time.Duration
	for range 21 {
		c := command()
		start := time.Now()
		if err := c.Run(); err != nil {
			t.Fatal(err)
		}
		all = append(all, of(c, time.Since(start)))
	}
	slices.Sort(all)
	return all[len(all)/2].Round(100 * time.Microsecond)
}
