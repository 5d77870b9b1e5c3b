// Package sandbox starts and stops a local AWS: moto, mended by the Python program in the folder moto, which is part of
// this binary. It finds or sets up the Python that runs it, keeps one sandbox a user in the background, and says which
// variables lead an AWS client there.
//
// It knows processes, files in the user's cache folder, Python and pip. It does not know AWS, and nothing that works on
// an environment knows it: to such code a sandbox is AWS_ENDPOINT_URL and no more.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/state/process"
)

// DefaultListen is where a sandbox listens when nothing else is asked for and the port is free; else any free port is
// taken.
const DefaultListen = "127.0.0.1:4599"

// Options say how a sandbox is started. The zero value is a good one.
type Options struct {
	Listen  string       // HOST:PORT to listen on; port 0 is any free one; empty is DefaultListen, or another port where that is taken
	Log     io.Writer    // hears what is set up, one line at a time, and in the foreground what the server says; nil: nobody
	Stern   bool         // as stern as AWS: see Front, and the behaviours that GET /moto-api/stern lists
	Verbose bool         // the server says each call it answers
	Ready   func(Status) // called in the foreground once the sandbox answers; nil: nobody
}

// Status is a sandbox that runs.
type Status struct {
	URL        string           `json:"url"` // the endpoint of all services
	PID        int              `json:"pid"`
	Since      time.Time        `json:"since"`
	Foreground bool             `json:"foreground"` // it belongs to a terminal
	Stern      bool             `json:"stern,omitempty"`
	Log        string           `json:"log,omitempty"` // file with what it says; empty in the foreground
	Program    string           `json:"program"`       // digest of the program it runs
	Process    process.Identity `json:"process"`
}

// Outdated is true when the sandbox runs the program of another version of this binary. It serves nevertheless: what was
// built on it lives in its memory.
func (s Status) Outdated() bool {
	program, err := readProgram()
	return err == nil && s.Program != program.digest
}

// Up returns the sandbox that runs in the background and starts it if there is none. It is safe to be called by several
// processes at once: all get the same one. The error says what to do when Python is missing, packages cannot be
// installed, or the address is taken.
func Up(ctx context.Context, o Options) (Status, error) {
	home, err := openHome()
	if err != nil {
		return Status{}, err
	}
	lock, err := home.lock(ctx, o.Log)
	if err != nil {
		return Status{}, err
	}
	defer lock.Close()
	if running, found, err := home.find(ctx); err != nil || found {
		return running, errors.Join(err, sameAddress(running, o.Listen), asStern(running, o.Stern))
	}
	if err := home.clear(ctx); err != nil { // one that was started and never answered
		return Status{}, err
	}
	address, err := resolve(o.Listen)
	if err != nil {
		return Status{}, err
	}
	launch, err := home.prepare(ctx, lock, o.Log)
	if err != nil {
		return Status{}, err
	}
	return home.start(ctx, launch, address, o)
}

// sameAddress refuses to pass off a sandbox at one address as the one that was wanted at another.
func sameAddress(running Status, listen string) error {
	if running.URL == "" || listen == "" {
		return nil
	}
	wanted, err := parse(listen)
	if err != nil || wanted.port == "0" || wanted.url() == running.URL {
		return err
	}
	return fmt.Errorf("a sandbox runs at %s already, so none is started at %s.\n"+
		"Use that one, or end it first (what was built on it goes with it): keyedin sandbox down", running.URL, listen)
}

// asStern refuses to pass off a lenient sandbox as the stern one that was wanted.
func asStern(running Status, stern bool) error {
	if running.URL == "" || !stern || running.Stern {
		return nil
	}
	return fmt.Errorf("a sandbox that is not stern runs at %s already.\n"+
		"End it first (what was built on it goes with it): keyedin sandbox down", running.URL)
}

// Find returns the sandbox that runs, if one does.
func Find(ctx context.Context) (Status, bool, error) {
	home, err := openHome()
	if err != nil {
		return Status{}, false, err
	}
	return home.find(ctx)
}

// Down ends the sandbox with all that was built on it. It returns the one that ran, and false when none did.
func Down(ctx context.Context) (Status, bool, error) {
	home, err := openHome()
	if err != nil {
		return Status{}, false, err
	}
	lock, err := home.lock(ctx, nil)
	if err != nil {
		return Status{}, false, err
	}
	defer lock.Close()
	running, found, err := home.find(ctx)
	if err != nil {
		return Status{}, false, err
	}
	return running, found, home.clear(ctx)
}

// home is the folder of the sandbox in the user's cache.
type home string

func openHome() (home, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("the sandbox has no folder to work in: %w.\nSet HOME or XDG_CACHE_HOME to a folder that can be written to", err)
	}
	dir := filepath.Join(cache, "keyedin", "sandbox")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", unwritable(dir, err)
	}
	return home(dir), nil
}

func unwritable(dir string, err error) error {
	return fmt.Errorf("the sandbox cannot write to its folder %s: %w.\n"+
		"Make room or set its permissions right, or choose another place with XDG_CACHE_HOME", dir, err)
}

func (h home) path(name string) string { return filepath.Join(string(h), name) }

// say tells w a line; nobody may be listening.
func say(w io.Writer, format string, args ...any) {
	if w != nil {
		fmt.Fprintf(w, format+"\n", args...) // that nobody can read it is no reason to stop
	}
}
