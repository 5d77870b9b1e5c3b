package ui

import (
	"fmt"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// Run writes one run of the history, on a line.
func (s Streams) Run(r state.Run) {
	outcome := r.Outcome
	switch outcome {
	case "":
		outcome = bad.Render("cut short")
	case "failed", "interrupted":
		outcome = bad.Render(outcome)
	case "waiting":
		outcome = change.Render(outcome)
	default:
		outcome = good.Render(outcome)
	}
	took := ""
	if !r.Ended.IsZero() {
		took = "in " + seconds(r.Ended.Sub(r.Started))
	}
	who := r.Who
	if r.Host != "" {
		who += "@" + r.Host
	}
	s.Print("%s  %-8s %s %s  +%d ~%d -%d  %s", r.Started.Local().Format("2006-01-02 15:04"), r.Command, outcome, took,
		r.Created, r.Updated, r.Deleted, faint.Render(fmt.Sprintf("%s, keyedin %s", who, r.ToolVersion)))
}

// Holder writes who holds the lock.
func (s Streams) Holder(environment string, h state.Holder) {
	doing := ""
	if h.Command != "" { // a lock whose content is lost does not say
		doing = fmt.Sprintf(", running `%s`", h.Command)
	}
	s.Print("%s", s.fit(fmt.Sprintf("%s is locked by %s%s, since %s; last heartbeat %s.", environment, h.Name(), doing,
		h.Started.Local().Format(time.DateTime), h.Renewed.Local().Format(time.DateTime))))
}
