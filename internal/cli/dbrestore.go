package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/session"
	"github.com/keyedin-app/keyedin-infra/internal/shell"
)

// restoring is what db restore is asked for.
type restoring struct{ at, from, as string }

func (a *app) dbRestore() *cobra.Command {
	var r restoring
	c := &cobra.Command{
		Use: "restore [SNAPSHOT]", Short: "Restore a snapshot, or a point in time, to a new cluster",
		Long: `Makes a new cluster beside the one in use, of a snapshot or of what a cluster
was at a time, with the environment's network, settings, encryption and
instances. The one in use is not touched; keyedin db switch exchanges the two.

It takes some ten minutes and more with the size of the data, and can be
interrupted or killed at any moment: the same command goes on.`,
		Example: "  keyedin db restore before-the-import\n  keyedin db restore --at 2026-11-26T01:07:00Z",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 || (len(args) == 1) == (r.at != "") {
				return errors.New("it is `keyedin db restore SNAPSHOT` or `keyedin db restore --at TIME`; `keyedin db snapshots` lists the snapshots")
			}
			return nil
		},
		ValidArgsFunction: a.completion(false, snapshotNames),
		RunE:              func(c *cobra.Command, args []string) error { return a.runRestore(c.Context(), r, args) },
	}
	c.Flags().StringVar(&r.at, "at", "", "restore what was at this `time`, such as 2026-11-26T01:07:00Z")
	c.Flags().StringVar(&r.from, "from", "", "with --at, the `cluster` to restore, else the one in use")
	c.Flags().StringVar(&r.as, "as", "", "the new cluster's `name`")
	_ = c.RegisterFlagCompletionFunc("from", a.completion(true, beside)) // it is registered once, for a flag that is there
	return c
}

func (a *app) runRestore(ctx context.Context, asked restoring, args []string) error {
	var r session.Restore
	if len(args) == 1 {
		r.Snapshot = args[0]
	}
	switch {
	case asked.at != "":
		var err error
		if r.At, err = moment(asked.at, time.Now()); err != nil {
			return err
		}
	case asked.from != "":
		return errors.New("--from goes with --at; a snapshot knows of which cluster it is")
	}
	o, shape, err := a.shaped(ctx, "")
	if err != nil {
		return err
	}
	r.Shape, r.Cluster, r.As = shape, asked.from, strings.ToLower(asked.as)
	if r.Cluster == "" {
		r.Cluster = o.names.Database
	}
	if r.As == "" {
		r = o.databases().Named(r)
	}
	var c session.Cluster
	err = o.watched(ctx, a.typed(asked, args), func() error { c, err = o.databases().Restore(ctx, r); return err })
	if err != nil {
		return err
	}
	if o.JSON {
		return o.Object(c)
	}
	o.Print("%s", c.Name)
	o.Say("It is ready, beside the one in use, and costs by the hour from now on (%s).", hardware(c))
	o.Say("Make it the one in use with: %s", o.line("db switch "+c.Name))
	o.Say("or delete it with: %s", o.line("db drop "+c.Name))
	return nil
}

// typed is the command line of a restore.
func (a *app) typed(r restoring, args []string) string {
	line := strings.Join(append([]string{"db restore"}, args...), " ")
	for _, flag := range [][2]string{{"at", r.at}, {"from", r.from}, {"as", r.as}} {
		if flag[1] != "" {
			line += " --" + flag[0] + " " + quote(flag[1])
		}
	}
	return line
}

// quote makes one word for a shell of a text with blanks.
func quote(s string) string {
	if strings.ContainsAny(s, " \t") {
		return shell.Word(s)
	}
	return s
}

// moment reads a time: with its zone, or in this machine's.
func moment(text string, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04"} {
		t, err := time.ParseInLocation(layout, text, now.Location())
		if err != nil {
			continue
		}
		if t.After(now) {
			return t, fmt.Errorf("%s has not been yet; it is %s now", t.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
		}
		return t.UTC(), nil
	}
	return time.Time{}, fmt.Errorf("%q is no time; write it as %s (UTC), or as '%s' in this machine's zone",
		text, now.UTC().Format(time.RFC3339), now.Format("2006-01-02 15:04:05"))
}
