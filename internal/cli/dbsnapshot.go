package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/session"
)

func (a *app) dbSnapshot() *cobra.Command {
	var noWait bool
	c := a.subcommand("snapshot [NAME]", "Take a snapshot, which stays until you delete it", 0, 1, func(o *operation, ctx context.Context, args []string) error {
		name := o.databases().SnapshotName(time.Now())
		if len(args) == 1 {
			name = args[0]
		}
		if err := session.CheckIdentifier(name); err != nil {
			return err
		}
		s, err := o.databases().CreateSnapshot(ctx, name)
		if err == nil && !noWait {
			o.Say("Taking the snapshot %s of %s; the database goes on as ever.", s.Name, o.names.Database)
			err = o.watched(ctx, "db snapshot "+s.Name, func() error { s, err = o.databases().WaitSnapshot(ctx, s.Name); return err })
		}
		if err != nil {
			return err
		}
		return o.tellSnapshot(s)
	})
	c.Long = `Takes a snapshot of the database. Nothing is interrupted. It stays until it is
deleted, whatever becomes of the environment, and costs what its size costs.

Without a NAME it has that of the cluster and the time.`
	c.Example = "  keyedin db snapshot\n  keyedin db snapshot before-the-import --no-wait"
	c.Flags().BoolVar(&noWait, "no-wait", false, "do not wait until it is finished")
	return c
}

func (o *operation) tellSnapshot(s session.Snapshot) error {
	if o.JSON {
		return o.Object(s)
	}
	o.Print("%s", s.Name)
	if s.State == "available" {
		o.Say("Done. Restore it to a new cluster with: %s", o.line("db restore "+s.Name))
	} else {
		o.Say("AWS takes it. See how far it is with: %s", o.line("db snapshots"))
	}
	return nil
}

func (a *app) dbSnapshots() *cobra.Command {
	return a.subcommand("snapshots", "List the snapshots of the environment's clusters", 0, 0, func(o *operation, ctx context.Context, _ []string) error {
		all, err := o.databases().Snapshots(ctx)
		if err != nil {
			return err
		}
		if o.JSON {
			return o.Object(map[string]any{"snapshots": append([]session.Snapshot{}, all...)})
		}
		if len(all) == 0 {
			o.Print("There are none yet. Take one with: %s", o.line("db snapshot"))
		}
		for _, s := range all {
			made := "not finished"
			if !s.Created.IsZero() {
				made = s.Created.UTC().Format(day)
			}
			state := ""
			if s.State != "available" {
				state = fmt.Sprintf(", %s %d %%", s.State, s.Percent)
			}
			o.Print("%s", s.Name)
			o.Print("  %s, %s%s, of %s", made, s.Kind, state, s.Cluster)
		}
		return nil
	})
}

// snapshotNames are those that can be restored.
func snapshotNames(o *operation, ctx context.Context) ([]string, error) {
	all, err := o.databases().Snapshots(ctx)
	var names []string
	for _, s := range all {
		names = append(names, s.Name)
	}
	return names, err
}
