package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// target is the address of the group of what the load balancer sends requests to.
const target = "target-group/main"

// How long, and how often, the first instance is watched until it answers.
const (
	serveWithin   = 10 * time.Minute
	serveShortest = 200 * time.Millisecond
	serveLongest  = 5 * time.Second
)

// serving waits, when the fleet was made in this run, until the load balancer
// finds the application answering: what is complete need not serve yet. That it
// does not in time is said, and is no failure of what was applied.
func (e *environment) serving(ctx context.Context, p *engine.Plan, out engine.Outcome, s state.State) {
	made := false
	for _, c := range p.Changes {
		made = made || c.Address == fleet && (c.Action == engine.Create || c.Action == engine.Replace)
	}
	group := s.Objects[target].ID
	if !made || group == "" || out.Err != nil || out.Stopped || len(out.Waiting) > 0 {
		return
	}
	start, said := time.Now(), ""
	for pause := serveShortest; ; pause = min(pause*3/2, serveLongest) {
		health, err := e.clients.Health(ctx, group, nil)
		if err != nil {
			e.Warn("whether the application answers could not be read: %v", e.explain(ctx, err))
			return
		}
		if health.Targets["healthy"] > 0 {
			e.Say("The application answers.")
			return
		}
		why := "no instance is registered yet"
		for id, reason := range health.Unhealthy {
			why = fmt.Sprintf("%s: %s", id, reason)
		}
		if time.Since(start) > serveWithin {
			e.Warn("the application does not answer yet (%s). See how it goes on with: keyedin status", why)
			return
		}
		if why != said {
			e.Say("Waiting until the application answers (usually 3 min): %s", why)
			said = why
		}
		if e.pause(ctx, pause) != nil {
			return
		}
	}
}
