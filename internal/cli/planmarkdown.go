package cli

import (
	"context"
	"errors"

	"github.com/keyedin-app/keyedin-infra/internal/config"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/ui"
)

// markdownPlan prints the plan as a comment; where there is none, a comment that
// says why, so that an older one is not taken for today's.
func (a *app) markdownPlan(ctx context.Context, out string, detailed, destroy bool) error {
	if a.JSON {
		return errors.New("--markdown is for people and --json for programs: say one of them")
	}
	shown := false
	err := a.runPlan(ctx, out, detailed, destroy, func(e *environment, p *engine.Plan) error {
		shown = true
		e.Print("%s", ui.MarkdownPlan(e.place(), p))
		return nil
	})
	if err == nil || shown {
		return err
	}
	c, configErr := config.Load(a.config)
	if configErr != nil {
		c = config.Config{Name: "the config", Environment: "is not valid"}
	}
	a.Print("%s", ui.MarkdownFailure(c.Name, c.Environment, err))
	return err
}
