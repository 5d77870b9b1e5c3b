package cli

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/architecture"
)

// operation is a command on an environment that is there: what deploys to it or
// looks into it, and leaves its objects as they are.
type operation struct {
	*environment
	names architecture.Names
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
	return &operation{e, architecture.NamesOf(e.config)}, nil
}
