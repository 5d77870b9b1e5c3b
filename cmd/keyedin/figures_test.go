package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
)

// distance is the time that is added to each call in the measurements: a
// region on another continent.
const distance = 100 * time.Millisecond

// budget is what a run that has nothing to do may take: calls, and round trips
// one after the other.
type budget struct {
	args         []string
	calls, trips int
}

func budgets() []budget {
	return []budget{{[]string{"apply", "--yes"}, 70, 6}, {[]string{"plan"}, 70, 5}}
}

// TestCallsOfNothing: a second apply and a plan change nothing, take few calls,
// fewer of them one after the other, and no more in a crowded account.
func TestCallsOfNothing(t *testing.T) {
	p := applied(t)
	var alone []int
	for _, strangers := range []int{0, 800} {
		if strangers > 0 {
			p.Crowd(strangers)
		}
		p.SetLatency(distance)
		for i, b := range budgets() {
			record := p.within(b)
			alone = append(alone, len(record))
			if strangers > 0 && len(record) != alone[i] {
				t.Errorf("%v takes %d calls among %d strangers, and %d alone", b.args, len(record), strangers, alone[i])
			}
		}
		p.SetLatency(0)
	}
}

// within holds a run to its budget. A busy machine answers some calls late, and
// then more of them than depend on each other are one after the other: the best
// of three runs counts.
func (p *place) within(b budget) proxy.Record {
	p.t.Helper()
	var record proxy.Record
	for range 3 {
		p.Clear()
		p.must(b.args...)
		record = p.Record()
		if record.Depth() <= b.trips {
			break
		}
	}
	p.t.Logf("%v: %d calls, %d one after the other, in %v", b.args, len(record), record.Depth(), record.Wall().Round(time.Millisecond))
	if changes := record.Class(proxy.Change); len(changes) > 0 {
		p.t.Errorf("%v changed the infrastructure: %v", b.args, changes.Count())
	}
	if len(record) > b.calls || record.Depth() > b.trips {
		p.t.Errorf("%v: the limits are %d calls and %d one after the other, not %d and %d:\n%s",
			b.args, b.calls, b.trips, len(record), record.Depth(), spelled(record))
	}
	return record
}

// spelled are the calls by operation, and the longest chain.
func spelled(r proxy.Record) string {
	var lines []string
	for name, n := range r.Count() {
		lines = append(lines, fmt.Sprintf("  %2d %s", n, name))
	}
	slices.Sort(lines)
	for _, c := range r.Chain() {
		lines = append(lines, fmt.Sprintf("  %5d ms %v %s", c.Start.Sub(r[0].Start).Milliseconds(), c, c.Key))
	}
	return strings.Join(lines, "\n")
}
