package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/architecture"
)

// operation is a command on an environment that is there: what deploys to it or
// looks into it, and leaves its objects as they are.
type operation struct {
	*environment
	names architecture.Names
}

// operation names the environment's things; what runs on it may find that it is
// not there.
func (e *environment) operation() *operation {
	return &operation{e, architecture.NamesOf(e.config)}
}

// operate connects to the environment of the config. It refuses another account
// than the config's, and an environment that was never applied.
func (a *app) operate(ctx context.Context) (*operation, error) {
	e, err := a.open(ctx)
	if err != nil {
		return nil, err
	}
	g, inner := errgroup.WithContext(ctx)
	g.Go(func() (err error) { e.facts, err = e.clients.Caller(inner, e.config.Account); return err })
	g.Go(func() error { return e.recall(inner) })
	if err := g.Wait(); err != nil {
		return nil, e.explain(ctx, err)
	}
	if err := e.belongs(); err != nil {
		return nil, err
	}
	if len(e.last.Objects) == 0 {
		return nil, fmt.Errorf("the environment %s is not there yet: bucket %s has no record of it.\nMake it with: %s",
			e.config.Environment, e.config.Storage.Private, a.line("apply"))
	}
	return e.operation(), nil
}

// on is a command on the environment that is there, with what AWS says put into
// words.
func (a *app) on(run func(*operation, context.Context, []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		o, err := a.operate(c.Context())
		if err != nil {
			return err
		}
		return o.explain(c.Context(), run(o, c.Context(), args))
	}
}

// subcommand is such a command that takes between least and most arguments.
func (a *app) subcommand(use, short string, least, most int, run func(*operation, context.Context, []string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, RunE: a.on(run),
		Args: func(c *cobra.Command, args []string) error { return between(c, args, least, most) },
	}
}

// several is a limit on arguments that nobody reaches.
const several = 1000

// between refuses fewer or more arguments, in words that help.
func between(c *cobra.Command, args []string, least, most int) error {
	if len(args) < least || len(args) > most {
		return fmt.Errorf("it is `%s`, but %d arguments were given; `%s --help` shows its use", c.UseLine(), len(args), c.CommandPath())
	}
	return nil
}
