package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/session"
)

func (a *app) dbCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "db", Short: "The database: tunnel, shell, snapshots, restores",
		Long: `Reaches the environment's Aurora cluster, which no address of the internet
leads to, and keeps its data: snapshots, restores to a new cluster, and a switch
to it that deletes nothing. The password is shown by db credentials alone.`,
		Args: noArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(
		a.dbTunnel(), a.dbShell(), a.dbCredentials(), a.dbClusters(),
		a.dbSnapshot(), a.dbSnapshots(), a.dbRestore(), a.dbSwitch(), a.dbDrop(), a.dbRotate(),
	)
	return c
}

// databases are the environment's clusters.
func (o *operation) databases() session.Databases { return o.environment.databases(o.names.Database) }

func (e *environment) databases(name string) session.Databases {
	tags := map[string]string{}
	maps.Copy(tags, e.config.Tags)
	maps.Copy(tags, engine.Identify(e.config.Name, e.config.Environment, ""))
	delete(tags, engine.TagAddress)
	return session.Databases{
		RDS: e.clients.RDS, Secrets: e.clients.Secrets, Name: name, Tags: tags, Pause: e.pause,
		Tell: func(text string) { e.Say("  %s", text) },
	}
}

// watched does what waits for AWS. The first Ctrl-C ends the wait, and nothing
// of what AWS is at; again is what goes on with it.
func (e *environment) watched(ctx context.Context, again string, do func() error) error {
	defer e.app.stop.gracefully()()
	err := do()
	if errors.Is(err, errStoppedWatching) {
		return &exit{exitInterrupted, fmt.Errorf("no longer watching; AWS goes on with what it was told. Go on with: %s", e.line(again))}
	}
	return e.explain(ctx, err)
}

func (a *app) dbCredentials() *cobra.Command {
	c := a.subcommand("credentials", "Show user, password, endpoints, port and database", 0, 0, (*operation).dbShowCredentials)
	c.Long = `Shows what to connect to the database with, the password of the master user
among it, which is read from the secret that RDS keeps and rotates. The endpoints
answer inside the environment's network alone; keyedin db tunnel leads there.`
	return c
}

func (o *operation) dbShowCredentials(ctx context.Context, _ []string) error {
	_, c, err := o.credentials(ctx)
	if err != nil {
		return err
	}
	if o.JSON {
		return o.Object(c)
	}
	for _, line := range [][2]string{
		{"user", c.User}, {"password", c.Password}, {"host", c.Host}, {"reader", c.Reader},
		{"port", fmt.Sprint(c.Port)}, {"database", c.Database},
	} {
		o.Print("%-9s %s", line[0], line[1])
	}
	return nil
}

// credentials reads the cluster in use, and what to connect to it with.
func (o *operation) credentials(ctx context.Context) (session.Cluster, session.Credentials, error) {
	d := o.databases()
	own, err := d.Own(ctx)
	if err != nil {
		return own, session.Credentials{}, err
	}
	c, err := d.Credentials(ctx, own)
	if err != nil {
		return own, c, err
	}
	c.Database, err = o.schema(ctx, own)
	return own, c, err
}

var notInSchema = regexp.MustCompile(`[^A-Za-z0-9_]`)

// schema is the database within the cluster that the application uses: that of
// its variable DB_DATABASE, else what a release has it be called.
func (o *operation) schema(ctx context.Context, c session.Cluster) (string, error) {
	if c.Database != "" {
		return c.Database, nil
	}
	v, err := o.vars().Get(ctx, "DB_DATABASE")
	if _, none := errors.AsType[*session.NoVariable](err); none {
		return notInSchema.ReplaceAllString(o.config.Name, "_"), nil
	}
	return v.Value, err
}

func (a *app) dbClusters() *cobra.Command {
	return a.subcommand("clusters", "List the cluster in use, and those beside it", 0, 0, func(o *operation, ctx context.Context, _ []string) error {
		all, err := o.databases().List(ctx)
		if err != nil {
			return err
		}
		if o.JSON {
			return o.Object(map[string]any{"in-use": o.names.Database, "clusters": append([]session.Cluster{}, all...)})
		}
		for _, c := range all {
			o.Print("%s", c.Name)
			o.Print("  %s, %s, made %s, %s", role(c, o.names.Database), c.State, c.Created.UTC().Format(day), hardware(c))
		}
		return nil
	})
}

// role is what a cluster is to the environment.
func role(c session.Cluster, own string) string {
	switch {
	case c.Name == own:
		return "in use"
	case c.Tags[session.TagReplaced] != "":
		return "replaced"
	case c.Tags[session.TagRestored] != "":
		return "restored, not in use"
	}
	return "not in use"
}

// hardware is what a cluster costs by the hour.
func hardware(c session.Cluster) string {
	if len(c.Instances) == 0 {
		return "no instances"
	}
	classes := map[string]int{}
	for _, i := range c.Instances {
		classes[i.Class]++
	}
	var all []string
	for _, i := range c.Instances {
		if n := classes[i.Class]; n > 0 {
			all = append(all, fmt.Sprintf("%d x %s", n, i.Class))
			classes[i.Class] = 0
		}
	}
	return joined(all)
}

// beside are the names of the clusters that are not in use.
func beside(o *operation, ctx context.Context) ([]string, error) {
	d := o.databases()
	all, err := d.List(ctx)
	var names []string
	for _, c := range all {
		if c.Name != d.Name {
			names = append(names, c.Name)
		}
	}
	return names, err
}
