package cli

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/session"
)

// tunnelPort is the port of this machine where none is asked for: not 3306,
// which a database of one's own has.
const tunnelPort = 3307

func (a *app) dbTunnel() *cobra.Command {
	var port int
	var reader bool
	c := &cobra.Command{Use: "tunnel", Short: "Forward a port of this machine to the database", Args: noArgs}
	c.RunE = a.on(func(o *operation, ctx context.Context, _ []string) error { return o.runTunnel(ctx, port, reader) })
	c.PreRunE = func(*cobra.Command, []string) error {
		if port < 0 || port > 65535 {
			return fmt.Errorf("%d is no port; they go from 1 to 65535, and 0 chooses one that is free", port)
		}
		return nil
	}
	c.Long = `Forwards a port of this machine, and of it alone, to the database through the
bastion, or through an instance of the application where there is no bastion. It
follows a writer that moves, connects again when the way there is lost, and lasts
until Ctrl-C. keyedin db credentials has the password.`
	c.Example = "  keyedin db tunnel\n  keyedin db tunnel --port 0 --reader"
	c.Flags().IntVar(&port, "port", tunnelPort, "the `port` of this machine; 0 chooses one")
	c.Flags().BoolVar(&reader, "reader", false, "to the readers, where there are any")
	return c
}

// end is the endpoint that a tunnel leads to.
func end(c session.Cluster, reader bool) string {
	host := c.Host
	if reader {
		host = c.Reader
	}
	return net.JoinHostPort(host, fmt.Sprint(c.Port))
}

func (o *operation) runTunnel(ctx context.Context, port int, reader bool) error {
	own, err := o.databases().Own(ctx)
	if err != nil {
		return err
	}
	database, err := o.schema(ctx, own)
	if err != nil {
		return err
	}
	l, err := session.Listen(port)
	if err != nil {
		return err
	}
	defer l.Close()
	t := o.tunnel(own, reader, func(text string) { o.Say("%s", text) })
	if err := o.openTunnel(ctx, t); err != nil {
		return err
	}
	if err := o.tellTunnel(l, own, database); err != nil {
		return err
	}
	err = t.Serve(ctx, l)
	if err == nil && o.app.stop.asked() {
		o.Say("The tunnel is closed.")
		return nil
	}
	return err
}

func (o *operation) tellTunnel(l net.Listener, c session.Cluster, database string) error {
	port := session.Port(l)
	if o.JSON {
		return o.Object(map[string]any{"host": "127.0.0.1", "port": port, "user": c.User, "database": database})
	}
	o.Print("host      127.0.0.1")
	o.Print("port      %d", port)
	o.Print("user      %s", c.User)
	o.Print("database  %s", database)
	o.Say("The password is shown by: %s", o.line("db credentials"))
	o.Say("The tunnel lasts until Ctrl-C.")
	return nil
}

// tunnel leads to a cluster.
func (o *operation) tunnel(c session.Cluster, reader bool, tell func(string)) *session.Tunnel {
	return &session.Tunnel{Connect: o.way, Address: end(c, reader), Pause: o.pause, Tell: tell}
}

// openTunnel connects for the first time.
func (o *operation) openTunnel(ctx context.Context, t *session.Tunnel) error {
	defer o.Busy("connecting")()
	return t.Open(ctx)
}

func (a *app) dbShell() *cobra.Command {
	var reader bool
	var ca string
	c := &cobra.Command{
		Use: "shell [-- ARGUMENTS]", Short: "Run mysql or mariadb on the database",
		Long: `Opens a tunnel and runs the client program mysql or mariadb of this machine
through it, with the arguments after --. The password reaches it in a file that
is for you alone and is removed again. The connection is encrypted as far as the
database; with --ca the server's certificate is looked at as well.

It ends as the client does, with its exit code.`,
		Example: "  keyedin db shell\n  keyedin db shell --reader -- -e 'select count(*) from users'",
		Args: func(c *cobra.Command, args []string) error {
			if n := c.ArgsLenAtDash(); len(args) > 0 && n != 0 {
				return errors.New("arguments for the client go after --, as in: keyedin db shell -- -e 'select 1'")
			}
			return nil
		},
		PreRunE: func(*cobra.Command, []string) error {
			if a.JSON {
				return errors.New("db shell is the client's own words; it has no answer in JSON")
			}
			return nil
		},
	}
	c.RunE = a.on(func(o *operation, ctx context.Context, args []string) error { return o.runShell(ctx, args, reader, ca) })
	c.Flags().BoolVar(&reader, "reader", false, "on a reader, where there are any")
	c.Flags().StringVar(&ca, "ca", "", "a `file` of the authorities that the server's certificate must be of")
	return c
}
