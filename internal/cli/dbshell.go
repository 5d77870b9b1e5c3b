package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"

	"github.com/keyedin-app/keyedin-infra/internal/session"
)

// runShell opens a tunnel, runs the client through it and ends as it does.
func (o *operation) runShell(ctx context.Context, args []string, reader bool, ca string) error {
	client, err := session.FindClient(ctx)
	if err != nil {
		return err
	}
	if ca != "" {
		if _, err := os.Stat(ca); err != nil {
			return fmt.Errorf("the file of --ca cannot be read: %w", err)
		}
	}
	own, login, err := o.credentials(ctx)
	if err != nil {
		return err
	}
	l, err := session.Listen(0)
	if err != nil {
		return err
	}
	defer l.Close()
	t := o.tunnel(own, reader, func(text string) { o.Say("%s", text) })
	if err := o.openTunnel(ctx, t); err != nil {
		return err
	}
	shell, err := client.Shell(session.Login{Credentials: login, Port: session.Port(l), CA: ca}, args, o.In, o.Out, o.Err)
	if err != nil {
		return err
	}
	return o.through(ctx, t, l, shell)
}

// through runs the client while the tunnel is there. Ctrl-C is the client's: it
// ends a query, not the shell.
func (o *operation) through(ctx context.Context, t *session.Tunnel, l net.Listener, shell *session.Shell) error {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	served := make(chan error, 1)
	go func() { served <- t.Serve(ctx, l) }()
	err := shell.Run()
	cancel()
	err = errors.Join(err, shell.Forget(), <-served)
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		return &exit{code: ended.ExitCode()}
	}
	return err
}
