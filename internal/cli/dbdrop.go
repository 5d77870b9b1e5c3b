package cli

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/session"
)

func (a *app) dbDrop() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "drop CLUSTER", Short: "Delete a cluster that is not in use; a final snapshot stays",
		Long: `Deletes a cluster beside the one in use, with its instances and its automatic
backups. A final snapshot stays, which can be restored. The one in use cannot be
dropped.`,
		Example: "  keyedin db drop keyedin-production-before-20261126-010700",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("it is `keyedin db drop CLUSTER`; `keyedin db clusters` lists them")
			}
			return nil
		},
		ValidArgsFunction: a.completion(false, beside),
		RunE:              func(c *cobra.Command, args []string) error { return a.runDrop(c.Context(), args[0], yes) },
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

func (a *app) runDrop(ctx context.Context, name string, yes bool) error {
	o, err := a.operate(ctx)
	if err != nil {
		return err
	}
	if err := o.lock(ctx, "db drop "+name); err != nil {
		return o.explain(ctx, err)
	}
	defer func() { o.release(ctx) }()
	ctx = o.held.Context()
	c, err := o.databases().Droppable(ctx, name)
	if err != nil {
		return o.explain(ctx, err)
	}
	if !yes {
		o.Say("%s is %s (%s). Its automatic backups go with it; a final snapshot stays.", c.Name, role(c, o.names.Database), hardware(c))
		if err := o.ask("Delete it?", c.Name); err != nil {
			return err
		}
	}
	snapshot := ""
	err = o.watched(ctx, "db drop "+name, func() error { snapshot, err = o.databases().Drop(ctx, name, time.Now()); return err })
	if err != nil {
		return err
	}
	if o.JSON {
		return o.Object(map[string]string{"dropped": name, "snapshot": snapshot})
	}
	o.Print("%s", snapshot)
	o.Say("%s is gone. Its final snapshot stays, and costs what its size costs.", name)
	return nil
}

// crowded refuses to take a network down that clusters beside the environment's
// own are in: they are deleted by name, and by nothing else.
func (e *environment) crowded(ctx context.Context) error {
	names, err := beside(e.operation(), ctx)
	if err != nil {
		return e.explain(ctx, err)
	}
	if len(names) == 0 {
		return nil
	}
	text := "database clusters beside the environment's own are in its network, and nothing was destroyed.\nDelete them first; each leaves a final snapshot:"
	for _, name := range names {
		text += "\n  " + e.line("db drop "+name)
	}
	return errors.New(text)
}

func (a *app) dbRotate() *cobra.Command {
	var yes bool
	c := a.subcommand("rotate", "Have RDS make the password anew", 0, 0, func(o *operation, ctx context.Context, _ []string) error {
		if !yes {
			o.Say("The application cannot make new connections then, until its instances have the new password: a minute or two.")
			if err := o.ask("Rotate the password of "+o.names.Database+"?", "yes"); err != nil {
				return err
			}
		}
		var c session.Cluster
		err := o.watched(ctx, "db rotate", func() (err error) { c, err = o.databases().Rotate(ctx); return err })
		if err != nil {
			return err
		}
		if o.JSON {
			return o.Object(map[string]string{"cluster": c.Name, "secret": c.Secret, "secret-state": c.SecretState})
		}
		o.Print("%s has a new password.", c.Name)
		o.Say("The application's instances look for it every minute. At once: %s", o.line("deploy --force VERSION"))
		return nil
	})
	c.Long = `Has RDS make the master user's password anew and write it into its secret, and
waits until that is done. Connections that are open stay. The instances that a
release runs on look every minute, and start the application again with it.`
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}
