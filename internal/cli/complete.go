package cli

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"
)

// quick is how long a completion may ask AWS; a shell waits for it.
const quick = 3 * time.Second

// completion completes the first argument, or many, by names of the environment
// in the order that they come in. It is silent where they cannot be had: an
// error has no place in a line that is being typed.
func (a *app) completion(many bool, names func(*operation, context.Context) ([]string, error)) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		const no = cobra.ShellCompDirectiveNoFileComp
		if len(args) > 0 && !many {
			return nil, no
		}
		ctx, cancel := context.WithTimeout(c.Context(), quick)
		defer cancel()
		e, err := a.open(ctx)
		if err != nil {
			return nil, no
		}
		all, err := names(e.operation(), ctx)
		if err != nil {
			return nil, no
		}
		given := func(name string) bool { return slices.Contains(args, name) }
		return slices.DeleteFunc(all, given), no | cobra.ShellCompDirectiveKeepOrder
	}
}

// releaseVersions are those of the releases there are, the newest first.
func releaseVersions(o *operation, ctx context.Context) ([]string, error) {
	return o.releases().Versions(ctx)
}

// pastVersions are those that were deployed, the most recent first.
func pastVersions(o *operation, ctx context.Context) ([]string, error) {
	past, err := o.site().History(ctx)
	var all []string
	for _, p := range past {
		all = append(all, p.Version)
	}
	return all, err
}
