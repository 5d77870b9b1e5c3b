package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/keyedin-app/keyedin-infra/internal/shell"
)

// Console is what a person or a program speaks to a machine with.
type Console struct {
	In       io.Reader
	Out, Err io.Writer
	// Type is the terminal's, as in TERM; empty: there is no terminal.
	Type string
	// Size is the terminal's now, and Resized tells that it is another.
	Size    func() (columns, rows int)
	Resized <-chan struct{}
}

// Lost reports a connection that ended before the command did.
type Lost struct{ Machine string }

func (e *Lost) Error() string {
	return fmt.Sprintf("the connection to %s was lost; what ran there may go on", e.Machine)
}

// Interact runs a command on a machine, or a shell where it is empty, and returns
// its exit code. Its error may be a Lost.
func Interact(ctx context.Context, client *ssh.Client, machine, command string, c Console, pause func(context.Context, time.Duration) error) (int, error) {
	session, err := client.NewSession()
	if err != nil {
		return 0, err
	}
	defer func() { _ = session.Close() }() // it is over either way
	session.Stdout, session.Stderr = c.Out, c.Err
	// A pipe of our own: what reads the terminal can end only with the process.
	in, err := session.StdinPipe()
	if err != nil {
		return 0, err
	}
	if c.Type != "" {
		columns, rows := c.Size()
		if err := session.RequestPty(c.Type, rows, columns, ssh.TerminalModes{}); err != nil {
			return 0, fmt.Errorf("%s gives no terminal: %w", machine, err)
		}
	}
	if command == "" {
		err = session.Shell()
	} else {
		err = session.Start(command)
	}
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(in, c.In) // it ends when either side does
		_ = in.Close()           // it is over either way
	}()
	go resize(ctx, session, c)
	go keepAlive(ctx, client, pause)
	return exitCode(machine, session.Wait())
}

// exitCode is how a session ended; one that a signal ended has the code that a
// shell gives it.
func exitCode(machine string, err error) (int, error) {
	if err == nil {
		return 0, nil
	}
	if ended, ok := errors.AsType[*ssh.ExitError](err); ok {
		return ended.ExitStatus(), nil
	}
	return 0, &Lost{Machine: machine}
}

func resize(ctx context.Context, session *ssh.Session, c Console) {
	for c.Type != "" {
		select {
		case <-ctx.Done():
			return
		case <-c.Resized:
			columns, rows := c.Size()
			_ = session.WindowChange(rows, columns) // a wrong size is no reason to end
		}
	}
}

const (
	askAlive = 15 * time.Second
	misses   = 3
)

// keepAlive ends a connection whose other side does not answer any more.
func keepAlive(ctx context.Context, client *ssh.Client, pause func(context.Context, time.Duration) error) {
	answered := make(chan struct{}, 1)
	for missed := 0; missed < misses; missed++ {
		go func() {
			if _, _, err := client.SendRequest("keepalive@openssh.com", true, nil); err == nil {
				select {
				case answered <- struct{}{}:
				default:
				}
			}
		}()
		if pause(ctx, askAlive) != nil {
			return
		}
		select {
		case <-answered:
			missed = -1
		default:
		}
	}
	_ = client.Close() // it is over either way
}

// noContainer is the exit code of InContainer where the container does not run.
const noContainer = 126

// InContainer is the command line that runs a command, or a shell where there is
// none, in the running container of a service of the release.
func InContainer(service string, command []string, terminal bool) string {
	label := func(name, value string) string {
		return " --filter " + shell.Word("label=com.docker.compose."+name+"="+value)
	}
	find := "c=$(sudo -n docker ps -q" + label("project", "keyedin") + label("service", service) + " | head -n 1); " +
		`[ -n "$c" ] || { echo ` + shell.Word("keyedin: no container of "+service+" runs here; --host is the machine itself") + fmt.Sprintf(" >&2; exit %d; }; ", noContainer)
	how := " -i"
	if terminal {
		how = " -it"
	}
	inside := ` sh -c 'if command -v bash >/dev/null; then exec bash; fi; exec sh'`
	if len(command) > 0 {
		inside = " " + shell.Words(command)
	}
	return find + `exec sudo -n docker exec` + how + ` "$c"` + inside
}
