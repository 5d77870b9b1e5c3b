package image

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	keyedin "github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Patience: how long each wait may take, several times what it takes as a rule.
const (
	bakingTime  = 45 * time.Minute
	stopTime    = 15 * time.Minute
	freezeTime  = 60 * time.Minute
	tryingTime  = 25 * time.Minute
	seenTime    = 3 * time.Minute
	shortPause  = 500 * time.Millisecond
	longestLook = 5 * time.Second
)

// Failed reports that a machine has failed, with its last words.
type Failed struct {
	What, Machine string
	Last          []string
}

func (e *Failed) Error() string {
	return fmt.Sprintf("%s on %s. Its last lines:\n  %s", e.What, e.Machine, strings.Join(e.Last, "\n  "))
}

// Unfinished reports that a build ended on the way. What is left is found by the
// next one.
type Unfinished struct {
	Left Left
	Err  error
}

func (e *Unfinished) Error() string { return e.Err.Error() }

// Unwrap is why.
func (e *Unfinished) Unwrap() error { return e.Err }

// Made is what came of a build.
type Made struct {
	Image Image
	// Built is false when there was a good image already.
	Built bool
}

// build is one run of the loop.
type build struct {
	*Bakery
	recipe Recipe
	key    string
	waited time.Duration // in the current step
	pause  time.Duration
	at     step
	lines  map[string]bool // of machines, that were told
	// started are the machines this run has started, by purpose; seen those of all
	// that AWS has listed.
	started map[string]string
	seen    map[string]bool
	last    found
}

// Wanted tells whether a build has anything to do: the good image of the recipe,
// if there is one and nothing is left over, and what is left over.
func (b *Bakery) Wanted(ctx context.Context, r Recipe) (good *Image, left Left, err error) {
	f, err := b.look(ctx)
	if err != nil {
		return nil, Left{}, err
	}
	for _, i := range f.images {
		if i.usable() && madeBy(i.Recipe, r.Key()) {
			return &i, f.left(), nil
		}
	}
	return nil, f.left(), nil
}

// Build makes an image by a recipe, unless there is a good one; with again, one
// more. It goes on with what an earlier run has left. Its error may be a Failed;
// nothing of the build is left then. When Pause or the context ends it, all is
// left as it is for the next run.
func (b *Bakery) Build(ctx context.Context, r Recipe, again bool) (Made, error) {
	f, err := b.look(ctx)
	if err != nil {
		return Made{}, err
	}
	w := &build{Bakery: b, recipe: r, key: buildKey(r.Key(), f.images), lines: map[string]bool{}, started: map[string]string{}, seen: map[string]bool{}, last: f, at: -1}
	for _, i := range f.images {
		if !again && i.usable() && madeBy(i.Recipe, r.Key()) {
			w.key = i.Recipe
			break
		}
	}
	built := false
	for {
		for _, m := range w.last.machines {
			w.seen[m.ID] = true
		}
		s, m, i := w.last.next(w.key)
		if s == finished {
			return Made{Image: i, Built: built}, nil
		}
		built = built || s != clear
		err := w.take(ctx, s, m, i)
		if failed, ok := errors.AsType[*Failed](err); ok {
			if err = w.giveUp(ctx); err == nil {
				return Made{}, failed
			}
			err = errors.Join(failed, err)
		}
		if err == nil {
			f, err = b.look(ctx)
		}
		if err != nil {
			return Made{}, &Unfinished{Left: w.left(), Err: err}
		}
		w.last = f
	}
}

// left is what is there as far as is known, with what was started and not seen
// yet.
func (w *build) left() Left {
	l := w.last.left()
	for purpose, id := range w.started {
		if !w.seen[id] {
			l.Machines = append(l.Machines, Machine{ID: id, Purpose: purpose, Recipe: w.key})
		}
	}
	return l
}

// take takes a step, or waits a moment where AWS or a machine is not as far.
func (w *build) take(ctx context.Context, s step, m Machine, i Image) error {
	if s != w.at {
		w.at, w.waited, w.pause = s, 0, shortPause
		w.tell(s, m, i)
	}
	switch s {
	case hearBuilder, hearTest:
		return w.hearOut(ctx, s, m, i)
	case awaitStop:
		return w.wait(ctx, stopTime, "it does not stop", m.ID)
	case awaitImage:
		w.tellProgress(ctx, i)
		return w.wait(ctx, freezeTime, "the image is not ready", i.ID)
	case spoiled:
		return &Failed{What: "AWS could not make the image", Machine: i.ID, Last: []string{i.State + ": " + i.Reason}}
	}
	err := w.do(ctx, s, m, i)
	if err == nil || !passes(err) {
		return err
	}
	if waitErr := w.wait(ctx, seenTime, "", ""); !errors.Is(waitErr, errTooLong) {
		return waitErr
	}
	return err
}

// passes reports whether the next look may show what to do instead: something is
// not known everywhere yet, or somebody else was faster.
func passes(err error) bool {
	meanings := []engine.Meaning{engine.NotFound, engine.NotYet, engine.Busy, engine.Conflict, engine.Lost, engine.Throttled}
	return errors.Is(err, errNotYet) || slices.Contains(meanings, keyedin.Classify(err)) || slices.Contains(gone, code(err))
}

func (w *build) do(ctx context.Context, s step, m Machine, i Image) (err error) {
	switch s {
	case prepare:
		return w.openNothing(ctx, w.recipe.VPC)
	case launch:
		return w.begin(ctx, builder, w.recipe.Base, w.recipe.Bake)
	case try:
		return w.begin(ctx, tester, i.ID, w.recipe.Try)
	case stop:
		_, err = w.EC2.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{m.ID}})
	case freeze:
		return w.freeze(ctx, w.recipe, w.key, m.ID)
	case discard:
		return w.end(ctx, m.ID)
	case clear:
		machines, images := w.last.leftOver(w.key)
		groups := w.last.groups
		if len(w.last.others(w.key)) > 0 {
			groups = nil
		}
		return w.clear(ctx, machines, images, groups)
	}
	return err
}

// begin starts a machine. One that this run has started and that has gone since
// was ended by somebody else.
func (w *build) begin(ctx context.Context, purpose, image, script string) error {
	id, err := w.start(ctx, w.recipe, w.key, purpose, image, w.last.groups[0], script)
	if err != nil {
		return err
	}
	if before := w.started[purpose]; before != "" && before != id {
		return &Failed{What: "the machine was ended by somebody else", Machine: before, Last: []string{"nothing is known of why"}}
	}
	if w.started[purpose] == id {
		return errNotYet
	}
	w.started[purpose] = id
	return nil
}

// hearOut tells what a machine says, and does what follows from how it ends.
func (w *build) hearOut(ctx context.Context, s step, m Machine, i Image) error {
	h, err := w.hear(ctx, m.ID)
	if err != nil {
		return err
	}
	for _, line := range h.progress {
		if !w.lines[m.ID+line] {
			w.lines[m.ID+line] = true
			w.On("  " + m.ID + ": " + line)
		}
	}
	what, patience := "baking failed", bakingTime
	if s == hearTest {
		what, patience = "the image did not pass its test", tryingTime
	}
	switch {
	case h.failed:
		return &Failed{What: what, Machine: m.ID, Last: h.last}
	case h.done && s == hearTest:
		err = w.mark(ctx, keyedin.TagImage, keyedin.ImageGood, append([]string{i.ID}, i.Snapshots...)...)
	case h.done:
		err = w.mark(ctx, tagStage, done, m.ID)
	}
	if h.done && (err == nil || !passes(err)) {
		return err
	}
	err = w.wait(ctx, patience, "", "")
	if errors.Is(err, errTooLong) {
		return &Failed{What: fmt.Sprintf("%s: no end of it within %v", what, patience), Machine: m.ID, Last: h.last}
	}
	return err
}

var errTooLong = errors.New("it takes too long")

// wait pauses, for longer each time, until the step has taken too long.
func (w *build) wait(ctx context.Context, patience time.Duration, what, id string) error {
	if w.waited > patience {
		if what == "" {
			return errTooLong
		}
		return &Failed{What: what + " within " + patience.String(), Machine: id, Last: []string{"see the EC2 console for its state"}}
	}
	w.waited += w.pause
	err := w.Pause(ctx, w.pause)
	w.pause = min(w.pause*3/2, longestLook)
	return err
}
