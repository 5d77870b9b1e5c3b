package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/architecture"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/ui"
)

func (a *app) planCommand() *cobra.Command {
	var out string
	var detailed, destroy, markdown bool
	c := &cobra.Command{
		Use: "plan", Short: "Show what apply would do, and do nothing", Args: noArgs,
		Long: `Compares what the config wants, what was last applied and what is live in AWS,
and shows each change with its cause and what it does to users. Nothing is
changed and no lock is taken.

With --out the plan is saved; ` + "`keyedin apply FILE`" + ` then does exactly that, and
refuses when anything moved since.`,
		Example: "  keyedin plan\n  keyedin plan --out change.plan && keyedin apply change.plan",
		RunE: func(c *cobra.Command, _ []string) error {
			if markdown {
				return a.markdownPlan(c.Context(), out, detailed, destroy)
			}
			return a.runPlan(c.Context(), out, detailed, destroy, (*environment).show)
		},
	}
	c.Flags().StringVarP(&out, "out", "o", "", "save the plan to this `file`")
	c.Flags().BoolVar(&detailed, "detailed-exitcode", false, "exit with 2 when there is something to change")
	c.Flags().BoolVar(&markdown, "markdown", false, "show it as a comment on a pull request, in Markdown")
	c.Flags().BoolVar(&destroy, "destroy", false, "show what destroy would do")
	return c
}

func (a *app) runPlan(ctx context.Context, out string, detailed, destroy bool, show func(*environment, *engine.Plan) error) error {
	e, err := a.open(ctx)
	if err != nil {
		return err
	}
	if !destroy {
		if err := e.available(); err != nil {
			return err
		}
	}
	e.sayReading()
	if err := e.read(ctx); err != nil {
		return err
	}
	if err := e.declare(out != ""); err != nil {
		return err
	}
	p, err := e.plan(ctx, destroy)
	if err != nil {
		return err
	}
	e.remark(p)
	if err := show(e, p); err != nil {
		return err
	}
	switch {
	case len(p.Problems) > 0:
		return &exit{exitFailed, errProblems}
	case out != "":
		if err := e.save(out, p); err != nil {
			return err
		}
		a.Say("Saved to %s. Do it with: %s %s", out, a.line("apply"), out)
	}
	if detailed && !p.Empty() {
		return &exit{code: exitChanges}
	}
	return nil
}

// remark adds what else people should know.
func (e *environment) remark(p *engine.Plan) {
	e.old(p)
	if !e.bucket {
		_, id := architecture.PrivateBucket(e.config, e.facts)
		p.Notes = append(p.Notes, engine.Note{
			Address: id.Address, Text: "made by the first apply before anything else, for state and releases; nothing ever destroys it",
		})
	}
}

// show prints a plan.
func (e *environment) show(p *engine.Plan) error {
	if e.JSON {
		return e.Object(ui.NewPlanObject(e.place(), p))
	}
	e.Plan(e.place(), p)
	return nil
}
