package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/ui"
)

func (a *app) destroyCommand() *cobra.Command {
	var agreed consent
	var word string
	c := &cobra.Command{
		Use: "destroy", Short: "Take the whole environment down", Args: noArgs,
		Long: `Deletes everything of the environment but the private bucket with state and
releases, and DNS records of others in the zone. The database leaves a final
snapshot behind. What is lost is shown first, and the environment's name must
be typed.

It can be interrupted or killed at any moment; the next destroy goes on.`,
		Example: "  keyedin destroy\n  keyedin destroy --yes --environment staging --lift-protection",
		RunE: func(c *cobra.Command, _ []string) error {
			return a.runDestroy(c.Context(), agreed, word)
		},
	}
	c.Flags().BoolVarP(&agreed.yes, "yes", "y", false, "do not ask; needs --environment")
	c.Flags().StringVar(&word, "environment", "", "the environment's `name`, in place of typing it")
	c.Flags().BoolVar(&agreed.lift, "lift-protection", false, "also delete what database.protect protects")
	return c
}

func (a *app) runDestroy(ctx context.Context, agreed consent, word string) error {
	e, err := a.open(ctx)
	if err != nil {
		return err
	}
	name := e.config.Environment
	switch {
	case word != "" && word != name:
		return fmt.Errorf("%s describes the environment %s, not %s", a.config, name, word)
	case agreed.yes && word == "":
		return fmt.Errorf("--yes destroys without a question only with --environment %s", name)
	case e.config.Database.Protect && !agreed.lift:
		return errors.New("database.protect is on. Set it to false and apply first, or say --lift-protection")
	}
	if err := e.begin(ctx, "destroy", agreed, nil); err != nil {
		return err
	}
	defer func() { e.release(ctx) }()
	if err := e.declare(false); err != nil {
		return err
	}
	p, err := e.plan(e.held.Context(), true)
	if err != nil {
		return err
	}
	if err := e.crowded(ctx); err != nil {
		return err
	}
	if err := e.count(ctx, p); err != nil {
		return err
	}
	agreed.lift = true
	if err := e.clearBuilds(ctx); err != nil {
		return err
	}
	if err := e.carryOut(p, "destroy", agreed, name); err != nil {
		return err
	}
	return e.sweep(ctx)
}

// count says how much is in what is going to be lost.
func (e *environment) count(ctx context.Context, p *engine.Plan) error {
	g, ctx := errgroup.WithContext(ctx)
	for i := range p.Changes {
		c := &p.Changes[i]
		if c.Loses == "" || c.ID == "" {
			continue
		}
		g.Go(func() error {
			kind, _, _ := strings.Cut(c.Address, "/")
			n, words, err := e.clients.Contents(ctx, kind, c.ID)
			if err == nil && words != "" {
				c.Holds(n, words)
			}
			return err
		})
	}
	return e.explain(ctx, g.Wait())
}

// sweep looks once more for anything of the environment.
func (e *environment) sweep(ctx context.Context) error {
	again := e.last.Clone()
	if s, err := e.store.Get(ctx); err == nil {
		again = s
	}
	done := e.Busy("looking whether anything is left")
	world, err := e.engine.Observe(ctx, e.stack, again)
	done()
	if err != nil {
		return e.explain(ctx, err)
	}
	left := e.engine.Plan(e.stack.Empty(), again, world, e.stack)
	var addresses []string
	for _, c := range left.Changes {
		if c.Action == engine.Delete {
			addresses = append(addresses, c.Address)
		}
	}
	if len(addresses) > 0 {
		return fmt.Errorf("still there: %s. Type the command again", joined(addresses))
	}
	e.strays(ctx)
	if !e.JSON {
		e.Text("Nothing of %s is left but the private bucket %s, with state and releases.", e.config.Environment, e.config.Storage.Private)
	}
	return nil
}

// strays says what else AWS lists by the environment's tags. It goes on listing
// some of what is gone for a while, and final snapshots stay on purpose, so
// this is no failure.
func (e *environment) strays(ctx context.Context) {
	arns, err := e.clients.Tagged(ctx, e.config.Name, e.config.Environment)
	if err != nil {
		e.Warn("%v", e.explain(ctx, err))
		return
	}
	kept := "arn:" + e.facts.Partition + ":s3:::" + e.config.Storage.Private
	arns = slices.DeleteFunc(arns, func(arn string) bool { return arn == kept })
	if len(arns) > 0 {
		e.Warn("AWS still lists these by tag. Snapshots stay until you delete them; the rest it forgets within an hour:\n  %s",
			strings.Join(ui.Few(arns, 20), "\n  "))
	}
}
