package sandbox

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test binary serve a sandbox itself, to be killed.
func TestMain(m *testing.M) {
	if listen := os.Getenv("SERVE_SANDBOX"); listen != "" {
		if err := Foreground(context.Background(), Options{Listen: listen}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestTheForegroundEndsWithItsContext(t *testing.T) {
	alone(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ready := make(chan Status, 1)
	ended := make(chan error, 1)
	said := &tail{}
	go func() {
		ended <- Foreground(ctx, Options{Listen: "127.0.0.1:0", Log: said, Verbose: true, Ready: func(s Status) { ready <- s }})
	}()
	var s Status
	select {
	case s = <-ready:
	case err := <-ended:
		t.Fatal(err)
	}
	if found, ok, err := Find(t.Context()); err != nil || !ok || found.URL != s.URL || !found.Foreground {
		t.Errorf("Find: %+v, %v, %v", found, ok, err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("the wanted end is an error: %v", err)
	}
	if answers(t.Context(), s.URL) {
		t.Error("it answers after its end")
	}
	if _, ok, err := Find(t.Context()); err != nil || ok {
		t.Errorf("Find after the end: %v, %v", ok, err)
	}
}

func TestDownEndsTheForeground(t *testing.T) {
	alone(t)
	ready, ended := make(chan Status, 1), make(chan error, 1)
	go func() {
		ended <- Foreground(t.Context(), Options{Listen: "127.0.0.1:0", Ready: func(s Status) { ready <- s }})
	}()
	select {
	case <-ready:
	case err := <-ended:
		t.Fatal(err)
	}
	if _, down, err := Down(t.Context()); err != nil || !down {
		t.Errorf("Down: %v, %v", down, err)
	}
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// TestASandboxDoesNotOutliveItsForeground ends the process in three ways.
func TestASandboxDoesNotOutliveItsForeground(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL} {
		t.Run(signal.String(), func(t *testing.T) {
			alone(t)
			free, err := probe(address{"127.0.0.1", "0"})
			if err != nil {
				t.Fatal(err)
			}
			command := exec.Command(os.Args[0])
			command.Env = append(os.Environ(), "SERVE_SANDBOX=127.0.0.1:"+free.port)
			said := &tail{}
			command.Stdout, command.Stderr = said, said
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			eventually(t, "it answers", func() bool { return answers(t.Context(), free.url()) })
			if err := command.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			command.WaitDelay = 10 * time.Second
			err = command.Wait()
			if signal != syscall.SIGKILL && err != nil {
				t.Errorf("it ended with %v: %s", err, said.last(5))
			}
			eventually(t, "it answers no more", func() bool { return !answers(t.Context(), free.url()) })
		})
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within a minute: %s", strings.TrimSpace(what))
		}
	}
}
