package cli

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// askedFor is of how many objects AWS is asked who changed them: it answers two
// such questions a second.
const askedFor = 3

// movers says who changed objects since a time, as far as the state and AWS
// know: a line each, beginning with a line break.
func (e *environment) movers(ctx context.Context, addresses []string, since time.Time) string {
	var b strings.Builder
	for _, run := range e.last.Runs {
		if run.Started.After(since) {
			fmt.Fprintf(&b, "\nSince then: keyedin %s by %s, %s", run.Command, run.Who, clock(run.Started))
		}
	}
	if b.Len() > 0 {
		return b.String()
	}
	done := e.Busy("still asking AWS who")
	defer done()
	for _, address := range addresses[:min(askedFor, len(addresses))] {
		deed, known := e.clients.LastDeed(ctx, e.last.Objects[address].ID, since)
		if known {
			fmt.Fprintf(&b, "\n%s: %s by %s, %s", address, deed.What, deed.Who, clock(deed.When))
		}
	}
	return b.String()
}

// clock is a time for people, in UTC.
func clock(t time.Time) string { return t.UTC().Format(day) + " UTC" }
