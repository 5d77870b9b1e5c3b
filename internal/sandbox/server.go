package sandbox

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/state/process"
)

// startTime is how long a sandbox may take to answer: two seconds as a rule, more on a busy machine.
const startTime = 2 * time.Minute

// command is the server; it listens at a and nowhere else.
func (l launch) command(a address, o Options, more ...string) *exec.Cmd {
	args := append([]string{l.program, "--host", a.bind(), "--port", a.port}, more...)
	if o.Stern {
		args = append(args, "--stern")
	}
	if o.Verbose {
		args = append(args, "--verbose")
	}
	command := exec.Command(l.python, args...)
	command.Env = clean()
	return command
}

// start runs the server in the background and returns when it answers. The lock must be held.
func (h home) start(ctx context.Context, l launch, a address, o Options) (Status, error) {
	logFile := h.path("sandbox.log")
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return Status{}, unwritable(string(h), err)
	}
	defer log.Close()
	behind, err := o.behind(a)
	if err != nil {
		return Status{}, err
	}
	command := l.command(behind, o)
	command.Dir, command.Stdout, command.Stderr, command.SysProcAttr = string(h), log, log, apart()
	server, err := run(command)
	if err != nil {
		return Status{}, err
	}
	s := l.status(a, command.Process.Pid)
	s.Log, s.Stern = logFile, o.Stern
	// Written before it answers, so that one whose starter dies now is found and ended by the next.
	err = h.record(s)
	if err == nil && o.Stern {
		err = h.startFront(l, a, behind, s.PID, log)
	}
	if err == nil {
		err = server.awaitAnswer(ctx, s.URL)
	}
	if err != nil {
		command.Process.Kill() //nolint:errcheck // it fails only for a process that has ended
		h.forget(s.PID)
		text, _ := os.ReadFile(logFile) // nothing to quote is no further error
		return Status{}, quoting(err, lastLines(text, 8))
	}
	return s, nil
}

// behind is where the server listens: at a, or where a front at a finds it.
func (o Options) behind(a address) (address, error) {
	if !o.Stern {
		return a, nil
	}
	return probe(address{"127.0.0.1", "0"})
}

// startFront ends by itself when the server has ended.
func (h home) startFront(l launch, a, server address, pid int, log *os.File) error {
	command, err := l.front(a, server, pid)
	if err != nil {
		return err
	}
	command.Dir, command.Stdout, command.Stderr, command.SysProcAttr = string(h), log, log, apart()
	_, err = run(command)
	return err
}

func (l launch) status(a address, pid int) Status {
	return Status{URL: a.url(), PID: pid, Since: time.Now().Truncate(time.Second), Program: l.digest, Process: process.Of(pid)}
}

func quoting(err error, lines string) error {
	if lines == "" {
		return err
	}
	return fmt.Errorf("%w; its last words:\n%s", err, lines)
}

// server is a server process of this program's.
type server struct {
	ended chan struct{} // closed when it has ended
	err   error         // how it ended; to be read after that
}

func run(command *exec.Cmd) (*server, error) {
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("the sandbox cannot be started: %w", err)
	}
	s := &server{ended: make(chan struct{})}
	go func() {
		s.err = command.Wait()
		close(s.ended)
	}()
	return s, nil
}

func (s *server) awaitAnswer(ctx context.Context, url string) error {
	deadline := time.After(startTime)
	for !answers(ctx, url) {
		select {
		case <-s.ended:
			return errEarly
		case <-ctx.Done():
			return ctx.Err()
		case <-deadline:
			return fmt.Errorf("the sandbox did not answer at %s within %v", url, startTime)
		case <-time.After(50 * time.Millisecond):
		}
	}
	select {
	case <-s.ended: // what answers is somebody else, who took the port a moment before
		return errEarly
	default:
		return nil
	}
}

// Foreground serves a sandbox at o.Listen until ctx ends or the process is told to end by SIGINT or SIGTERM; that is no
// error. The sandbox ends with this process, however that ends. Find knows it too, unless another one is there already.
func Foreground(ctx context.Context, o Options) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	home, err := openHome()
	if err != nil {
		return err
	}
	a, err := resolve(o.Listen)
	if err != nil {
		return err
	}
	lock, err := home.lock(ctx, o.Log)
	if err != nil {
		return ignoreEnd(ctx, err)
	}
	l, err := home.prepare(ctx, lock, o.Log)
	lock.Close()
	if err != nil {
		return ignoreEnd(ctx, err)
	}
	return ignoreEnd(ctx, home.serve(ctx, l, a, o))
}

// ignoreEnd makes the wanted end no error.
func ignoreEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (h home) serve(ctx context.Context, l launch, a address, o Options) error {
	said := &tail{}
	out := io.Writer(said)
	if o.Log != nil {
		out = io.MultiWriter(said, o.Log)
	}
	behind, err := o.behind(a)
	if err != nil {
		return err
	}
	command := l.command(behind, o, "--parent", strconv.Itoa(os.Getpid()))
	command.Stdout, command.Stderr = out, out
	server, err := run(command)
	if err != nil {
		return err
	}
	s := l.status(a, command.Process.Pid)
	s.Foreground, s.Stern = true, o.Stern
	if o.Stern {
		front, cancel := context.WithCancel(ctx)
		defer cancel()
		go func() {
			if err := Front(front, net.JoinHostPort(a.host, a.port), behind.url(), s.PID); err != nil {
				say(out, "%v", err)
			}
		}()
	}
	if err := server.awaitAnswer(ctx, s.URL); err != nil {
		command.Process.Kill() //nolint:errcheck // it fails only for a process that has ended
		return quoting(err, said.last(8))
	}
	if _, found, err := h.find(ctx); err == nil && !found {
		if err := h.record(s); err != nil {
			say(o.Log, "%v", err)
		}
		defer h.forget(s.PID)
	}
	if o.Ready != nil {
		o.Ready(s)
	}
	select {
	case <-server.ended:
		if server.err == nil {
			return nil // somebody ended it with Down
		}
		return quoting(fmt.Errorf("the sandbox ended: %w", server.err), said.last(8))
	case <-ctx.Done():
		terminate(command.Process)
		select {
		case <-server.ended:
		case <-time.After(patience):
			command.Process.Kill() //nolint:errcheck // it fails only for a process that has ended
		}
		return nil
	}
}
