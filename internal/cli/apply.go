package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/architecture"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/messages"
	"github.com/keyedin-app/keyedin-infra/internal/state"
	"github.com/keyedin-app/keyedin-infra/internal/ui"
)

var errProblems = errors.New("the plan has problems; nothing was changed. Solve them and plan again")

// attention is how long an apply watches what only a person can do.
const attention = 20 * time.Second

func (a *app) applyCommand() *cobra.Command {
	var agreed consent
	var roll bool
	c := &cobra.Command{
		Use: "apply [PLAN]", Short: "Make AWS as the config wants it",
		Long: `Shows the plan, asks, and does it. It can be interrupted or killed at any
moment: the next apply finds what is there and goes on.

Ctrl-C once finishes what is under way and records it; twice stops at once.

Exit codes: 0 done, 1 failed, 3 someone else is at work, 4 done, but something
waits for a person (such as the nameservers at the registrar), 130 interrupted.`,
		Example: "  keyedin apply\n  keyedin apply --yes\n  keyedin apply change.plan",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("apply takes one saved plan at most, but was given %d: %s", len(args), strings.Join(args, " "))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return a.runApply(c.Context(), args, agreed, roll)
		},
	}
	agreed.flags(c)
	c.Flags().BoolVar(&roll, "roll", false, "replace running instances of an older template")
	return c
}

func (a *app) runApply(ctx context.Context, args []string, agreed consent, roll bool) error {
	var saved *savedPlan
	if len(args) == 1 {
		var err error
		if saved, err = loadPlan(args[0]); err != nil {
			return err
		}
		agreed.yes = true // it was looked at when it was made
	}
	e, err := a.open(ctx)
	if err != nil {
		return err
	}
	if saved != nil {
		if err := e.fits(*saved); err != nil {
			return err
		}
	}
	if err := e.available(); err != nil {
		return err
	}
	if err := e.begin(ctx, "apply", agreed, saved); err != nil {
		return err
	}
	defer func() { e.release(ctx) }()
	if err := e.declare(true); err != nil {
		return err
	}
	p, err := e.planSettled(ctx, roll)
	if err != nil {
		return err
	}
	if saved != nil {
		if err := e.holds(ctx, *saved, p); err != nil {
			return err
		}
		e.last.PlanApplied(saved.Digest)
	}
	e.quotas(e.held.Context(), p)
	err = e.carryOut(p, "apply", agreed, "")
	if (roll || e.Asks && !agreed.yes) && (err == nil || isPerson(err)) {
		err = errors.Join(e.roll(ctx, roll), err)
	}
	return err
}

// begin takes the lock and reads. Where there is no bucket to lock in, it is
// made first, after asking; not for a saved plan that does not hold.
func (e *environment) begin(ctx context.Context, command string, agreed consent, saved *savedPlan) error {
	e.sayReading()
	err := e.lockAndRead(ctx, command)
	if !errors.Is(err, state.ErrNoBucket) {
		return e.explainOpen(ctx, err)
	}
	if err := e.chooseZones(ctx); err != nil {
		return e.explain(ctx, err)
	}
	if saved != nil {
		if err := e.stillHolds(ctx, *saved); err != nil {
			return err
		}
	}
	facts, bucket := e.facts, e.config.Storage.Private
	if !agreed.yes {
		e.Say("The private bucket %s does not exist yet. It will hold state and releases, "+
			"costs next to nothing, and is never destroyed by this tool. Account %s, region %s.", bucket, facts.Account, facts.Region)
		if err := e.ask("Make it?", "yes"); err != nil {
			return err
		}
	}
	spec, id := architecture.PrivateBucket(e.config, facts)
	if err := e.clients.EnsureBucket(ctx, spec, id); err != nil {
		return e.explain(ctx, err)
	}
	e.Say("Made the private bucket %s.", bucket)
	e.made = id.Address
	return e.explainOpen(ctx, e.lockAndRead(ctx, command))
}

func (e *environment) explainOpen(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	e.release(ctx)
	return e.explain(ctx, err)
}

// lockAndRead takes the lock while it asks for the facts, once, then reads the
// state.
func (e *environment) lockAndRead(ctx context.Context, command string) error {
	defer e.Busy(reading)()
	facts := make(chan error, 1)
	go func() {
		var err error
		if e.facts.Account == "" {
			e.facts, err = e.whereabouts(ctx)
		}
		facts <- err
	}()
	lockErr := e.lock(ctx, command)
	factsErr := <-facts
	switch {
	case factsErr != nil:
		return factsErr
	case lockErr != nil:
		return lockErr
	}
	g, inner := errgroup.WithContext(e.held.Context())
	g.Go(func() error { return e.recall(inner) })
	g.Go(func() error { return e.checkRelease(inner) })
	if err := g.Wait(); err != nil {
		return err
	}
	return e.settle(e.held.Context())
}

// checkRelease says before anything is changed that the lock cannot be deleted
// afterwards. It is released all the same, so that is no reason to stop.
func (e *environment) checkRelease(ctx context.Context) error {
	err := e.held.CheckRelease(ctx)
	if denied, ok := errors.AsType[*state.DeleteDeniedError](err); ok {
		e.Warn("%v", denied)
		return nil
	}
	return err
}

// carryOut shows a plan, asks, does it, records it and says what came of it.
// word is what must be typed; empty: yes.
func (e *environment) carryOut(p *engine.Plan, command string, agreed consent, word string) error {
	quiet := p.Empty() && p.Count(engine.Await) == 0
	e.old(p)
	// What this very command made is no news of an earlier one.
	p.Recovered = slices.DeleteFunc(p.Recovered, func(address string) bool { return address == e.made })
	switch {
	case !e.JSON:
		e.Plan(e.place(), p)
	case !agreed.yes && e.Asks:
		shown := e.Streams
		shown.Out = e.Err // nobody should be asked about what was not shown
		shown.Plan(e.place(), p)
	}
	if len(p.Problems) > 0 {
		return e.showThen(p, errProblems)
	}
	if err := e.agree(p, agreed, word); err != nil {
		return e.showThen(p, err)
	}
	if e.first != nil {
		if err := e.first(e.held.Context()); err != nil {
			return e.showThen(p, err)
		}
	}
	run := state.Run{
		ID: state.NewID(), Command: command, Who: user(), Host: hostname(), ToolVersion: toolVersion(),
		Started: time.Now().UTC().Truncate(time.Millisecond),
	}
	if !quiet {
		e.last.Record(run)
		p.Remember(e.last)
	}
	ctx := e.held.Context()
	writer := state.NewWriter(context.WithoutCancel(ctx), e.store, e.last)
	defer e.app.stop.gracefully()()
	progress := ui.NewProgress(e.Streams, len(p.Changes))
	out := e.engine.Apply(ctx, p, engine.Options{
		Recorder: writer, Stop: e.app.stop.first, On: progress.On, RunID: run.ID, Attention: attention,
	})
	progress.Close()
	if !quiet {
		finish(&run, out)
		writer.Update(func(s *state.State) { s.Record(run) })
		if err := writer.Flush(context.WithoutCancel(ctx)); err != nil {
			out.Err = errors.Join(out.Err, fmt.Errorf("the run could not be recorded: %w", err))
		}
	}
	e.serving(ctx, p, out, writer.State())
	err := e.conclude(ctx, p, out, time.Since(run.Started))
	if !quiet {
		e.announce(ctx, messages.Apply, e.told(run))
	}
	return err
}

// showThen prints the plan for programs, with the error that ends the command.
func (e *environment) showThen(p *engine.Plan, err error) error {
	if !e.JSON {
		return err
	}
	return errors.Join(e.Object(ui.NewPlanObject(e.place(), p)), err)
}

// finish books a run for the history.
func finish(run *state.Run, out engine.Outcome) {
	run.Ended = time.Now().UTC().Truncate(time.Millisecond)
	run.Created, run.Updated, run.Deleted = out.Created, out.Updated, out.Deleted
	run.Recovered = len(out.Recovered)
	switch {
	case out.Err != nil:
		run.Outcome, run.Failed = "failed", len(ui.Failures(out.Err))
	case out.Stopped:
		run.Outcome = "interrupted"
	case len(out.Waiting) > 0:
		run.Outcome = "waiting"
	default:
		run.Outcome = "done"
	}
}

func hostname() string {
	name, _ := os.Hostname() // a machine without a name is recorded without one
	return name
}

func isPerson(err error) bool {
	with, ok := errors.AsType[*exit](err)
	return ok && with.code == exitPerson
}
