package ui

import (
	"fmt"
	"strings"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Outcome writes what came of an apply, for people.
func (s Streams) Outcome(o engine.Outcome, took time.Duration) {
	for _, n := range o.Waiting {
		s.Print("\n%s %s", change.Render(n.Address+" waits for a person:"), n.Text)
	}
	if n := o.Created + o.Updated + o.Deleted; n == 0 && o.Err == nil && !o.Stopped && len(o.Waiting) == 0 {
		s.Print("Nothing to do.")
		return
	}
	text := fmt.Sprintf("%d created, %d changed, %d deleted", o.Created, o.Updated, o.Deleted)
	if len(o.Recovered) > 0 {
		text += fmt.Sprintf(", recovered %d interrupted creates", len(o.Recovered))
	}
	if len(o.Skipped) > 0 {
		text += fmt.Sprintf(", %d left undone", len(o.Skipped))
	}
	s.Print("\n%s", strong.Render(fmt.Sprintf("%s, in %s.", text, seconds(took))))
}

// OutcomeObject is what came of an apply, for programs.
type OutcomeObject struct {
	Format int `json:"format"`
	Place
	Plan      PlanObject    `json:"plan"`
	Created   int           `json:"created"`
	Changed   int           `json:"changed"`
	Deleted   int           `json:"deleted"`
	Recovered []string      `json:"recovered,omitempty"`
	Waiting   []engine.Note `json:"waiting,omitempty"`
	Left      []string      `json:"left,omitempty"`
	Stopped   bool          `json:"stopped,omitempty"`
	Failures  []string      `json:"failures,omitempty"`
}

// NewOutcomeObject makes an outcome readable for programs.
func NewOutcomeObject(place Place, p *engine.Plan, o engine.Outcome, failures []error) OutcomeObject {
	object := OutcomeObject{
		Format: 1, Place: place, Plan: NewPlanObject(place, p), Created: o.Created, Changed: o.Updated, Deleted: o.Deleted,
		Recovered: o.Recovered, Waiting: o.Waiting, Left: o.Skipped, Stopped: o.Stopped,
	}
	for _, f := range failures {
		object.Failures = append(object.Failures, f.Error())
	}
	return object
}

// Failures takes joined errors apart: one for each object.
func Failures(err error) []error {
	if err == nil {
		return nil
	}
	many, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range many.Unwrap() {
		all = append(all, Failures(e)...)
	}
	return all
}

// Join puts failures into one text, a paragraph each.
func Join(failures []error) error {
	if len(failures) == 1 {
		return failures[0]
	}
	texts := make([]string, len(failures))
	for i, f := range failures {
		texts[i] = f.Error()
	}
	return fmt.Errorf("%d causes:\n%s", len(failures), strings.Join(texts, "\n"))
}
