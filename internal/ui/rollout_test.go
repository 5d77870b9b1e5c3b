package ui

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// Where lines cannot be redrawn each end is a line, and a start is one only
// where it takes long.
func TestRolloutPlain(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := NewRollout(Streams{Err: &out})
	start := time.Now()
	r.Begin("i-1", "BlockTraffic", start, time.Minute)
	r.Begin("i-1", "BlockTraffic", start, time.Minute)
	r.End("i-1", "BlockTraffic", true, 70*time.Second)
	r.Begin("i-1", "Install", start, 0)
	r.End("i-1", "Install", false, 1500*time.Millisecond)
	r.Gone("i-1")
	r.Close()
	plain := strings.NewReplacer("\x1b[32m", "", "\x1b[31m", "", "\x1b[m", "").Replace(out.String())
	lines := strings.Split(strings.TrimSpace(plain), "\n")
	want := []string{"i-1 BlockTraffic (usually 60 s)", "✓ i-1 BlockTraffic in 70 s", "✗ i-1 Install in 1.5 s"}
	if len(lines) != len(want) {
		t.Fatalf("it says %q", lines)
	}
	for i, line := range lines {
		if !strings.HasSuffix(line, want[i]) {
			t.Errorf("line %d is %q, not %q", i, line, want[i])
		}
	}
}

// On a terminal the lines under way are taken away in the end, and never wider
// than it is.
func TestRolloutLive(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := NewRollout(Streams{Err: &out, Live: true})
	for _, id := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"} {
		r.Begin("i-0123456789abcdef"+id, strings.Repeat("ApplicationStart", 5), time.Now(), time.Minute)
	}
	if !strings.Contains(out.String(), "and 1 more") {
		t.Errorf("not all are shown, and it does not say so:\n%s", &out)
	}
	for line := range strings.Lines(out.String()) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > Width+len("\x1b[9A\x1b[J") {
			t.Errorf("a line has %d columns: %q", n, line)
		}
	}
	r.Close()
	if !strings.HasSuffix(out.String(), "\x1b[9A\x1b[J") {
		t.Errorf("the lines stay:\n%q", out.String())
	}
}
