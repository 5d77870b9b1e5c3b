package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/state"
)

func (a *app) historyCommand() *cobra.Command {
	var most int
	c := &cobra.Command{
		Use: "history", Short: "Show who applied what, when, and how it ended", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.runHistory(c.Context(), most) },
	}
	c.Flags().IntVarP(&most, "number", "n", 20, "how many of the last runs")
	return c
}

func (a *app) runHistory(ctx context.Context, most int) error {
	if most < 1 {
		return fmt.Errorf("--number is how many runs to show, so at least 1, not %d", most)
	}
	e, err := a.open(ctx)
	if err != nil {
		return err
	}
	e.sayReading()
	last, err := e.store.Get(ctx)
	if err != nil && !errors.Is(err, state.ErrNone) {
		return e.explain(ctx, err)
	}
	runs := last.Runs[max(0, len(last.Runs)-most):]
	if a.JSON {
		return a.Object(map[string]any{"environment": e.config.Environment, "runs": append([]state.Run{}, runs...)})
	}
	if len(runs) == 0 {
		a.Print("Nothing was applied to %s yet.", e.config.Environment)
	}
	for _, r := range runs {
		a.Run(r)
	}
	return nil
}

func (a *app) unlockCommand() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "unlock", Short: "Show who holds the lock, and take it away", Args: noArgs,
		Long: `Shows who is at work on the environment and since when, asks, and takes the lock
away. A run that lost its lock stops and can write no more. A lock whose holder
died on this machine needs no unlock: the next command takes it over, as it does
with any other a minute after its last heartbeat.`,
		RunE: func(c *cobra.Command, _ []string) error { return a.runUnlock(c.Context(), yes) },
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

func (a *app) runUnlock(ctx context.Context, yes bool) error {
	e, err := a.open(ctx)
	if err != nil {
		return err
	}
	e.sayReading()
	holder, held, err := e.store.Inspect(ctx)
	if err != nil && !errors.Is(err, state.ErrNone) {
		return e.explain(ctx, err)
	}
	if !held {
		if a.JSON {
			return a.Object(map[string]any{"locked": false})
		}
		a.Print("%s is not locked.", e.config.Environment)
		return nil
	}
	if !a.JSON {
		a.Holder(e.config.Environment, holder)
	}
	if !yes {
		if err := e.ask("Take the lock away? A run that still works will be stopped.", "yes"); err != nil {
			return err
		}
	}
	if err := e.store.Break(ctx, holder); err != nil {
		return e.explain(ctx, err)
	}
	if a.JSON {
		return a.Object(map[string]any{"locked": false, "was": holder})
	}
	a.Print("%s is free.", e.config.Environment)
	return nil
}
