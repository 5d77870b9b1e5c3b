package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/state/process"
)

// statusFile names the sandbox that was started last.
const statusFile = "status.json"

// find reads the status file and holds it against the world: the process must be the one that was started, and answer.
func (h home) find(ctx context.Context) (Status, bool, error) {
	s, found, err := h.recorded()
	if err != nil || !found || process.Ended(s.Process) || !answers(ctx, s.URL) {
		return Status{}, false, errors.Join(err, ctx.Err())
	}
	return s, true, nil
}

// recorded is what the status file says. One that cannot be understood names no sandbox.
func (h home) recorded() (Status, bool, error) {
	text, err := os.ReadFile(h.path(statusFile))
	if errors.Is(err, fs.ErrNotExist) {
		return Status{}, false, nil
	}
	if err != nil {
		return Status{}, false, err
	}
	var s Status
	if json.Unmarshal(text, &s) != nil || s.PID <= 0 {
		return Status{}, false, nil
	}
	return s, true, nil
}

// record writes the status file, whole or not at all.
func (h home) record(s Status) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(string(h), statusFile)
	if err != nil {
		return unwritable(string(h), err)
	}
	_, err = temporary.Write(append(text, '\n'))
	if err = errors.Join(err, temporary.Close()); err == nil {
		err = os.Rename(temporary.Name(), h.path(statusFile))
	}
	if err != nil {
		os.Remove(temporary.Name()) //nolint:errcheck // it is only left over
		return unwritable(string(h), err)
	}
	return nil
}

// forget removes the status file if it names this process.
func (h home) forget(pid int) {
	if s, found, err := h.recorded(); err == nil && found && s.PID == pid {
		os.Remove(h.path(statusFile)) //nolint:errcheck // a stale file is understood as such
	}
}

// patience is how long a sandbox may take to end before it is killed.
const patience = 5 * time.Second

// clear ends the recorded process, if it is surely the one that was started here, and removes the status file.
func (h home) clear(ctx context.Context) error {
	s, found, err := h.recorded()
	if err != nil || !found {
		return err
	}
	here := process.Self()
	if s.Process.Host == here.Host && s.Process.Boot == here.Boot && !process.Ended(s.Process) {
		if err := end(ctx, s.Process); err != nil {
			return err
		}
	}
	h.forget(s.PID)
	return nil
}

// end asks the process to end, and ends it if it does not.
func end(ctx context.Context, p process.Identity) error {
	running, err := os.FindProcess(p.PID)
	if err != nil {
		return nil // gone by now
	}
	defer running.Release() //nolint:errcheck // nothing is held that must be given back
	terminate(running)
	deadline := time.Now().Add(patience)
	for !ended(p) {
		if time.Now().After(deadline) {
			running.Kill() //nolint:errcheck // it fails only for a process that has ended
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// ended also believes the operating system where it tells no more than whether there is such a process.
func ended(p process.Identity) bool {
	return process.Ended(p) || p.Boot == "" && !exists(p.PID)
}
