package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/architecture"
)

// quick is how long a completion may ask AWS; a shell waits for it.
const quick = 3 * time.Second

// completePast completes the releases that were deployed, the most recent first;
// it is silent where AWS cannot be asked.
func (a *app) completePast(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	const no = cobra.ShellCompDirectiveNoFileComp
	if len(args) > 0 {
		return nil, no
	}
	ctx, cancel := context.WithTimeout(c.Context(), quick)
	defer cancel()
	e, err := a.open(ctx)
	if err != nil {
		return nil, no
	}
	past, err := (&operation{environment: e, names: architecture.NamesOf(e.config)}).site().History(ctx)
	if err != nil {
		return nil, no
	}
	var all []string
	for _, p := range past {
		all = append(all, p.Version)
	}
	return all, no | cobra.ShellCompDirectiveKeepOrder
}
