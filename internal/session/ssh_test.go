package session

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/keyedin-app/keyedin-infra/internal/session/datachannel/channeltest"
)

func here() Machine { return Machine{ID: "i-0123456789abcdef0", Name: "bastion", Zone: "us-east-1a"} }

// TestIntoAMachine goes through a data channel that loses and reorders messages
// to a real sshd, carries a megabyte there and back, and an exit code.
func TestIntoAMachine(t *testing.T) {
	t.Parallel()
	d := startDaemon(t, channeltest.Faults{Seed: 7, LoseHere: 0.01, LoseThere: 0.01, Twice: 0.05, Late: 0.05, Cut: 400})
	s, told := d.way(t)
	client, err := s.Dial(t.Context(), here())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(told.String(), "new to this machine") {
		t.Errorf("a key that nobody vouches for was taken without a word: %q", told)
	}
	want := bytes.Repeat([]byte("0123456789abcde\n"), 1<<14)
	var out, stderr bytes.Buffer
	code, err := Interact(t.Context(), client, "bastion", "cat; echo oh >&2; exit 7", Console{In: bytes.NewReader(want), Out: &out, Err: &stderr}, wait)
	if err != nil || code != 7 || !bytes.Equal(out.Bytes(), want) || stderr.String() != "oh\n" {
		t.Errorf("it ended with %d, %v; %d bytes of %d, %q", code, err, out.Len(), len(want), &stderr)
	}
	if d.channels.Cuts() == 0 || d.called("ResumeSession") == 0 {
		t.Error("nothing was resumed")
	}
	client.Close()
	_ = client.Wait() // it was closed
	for range 200 {
		if d.called("TerminateSession") == 1 {
			return
		}
		_ = wait(t.Context(), 25_000_000)
	}
	t.Error("the session was not ended")
}

// TestHostKeys takes what the console vouches for or the file knows, and nothing else.
func TestHostKeys(t *testing.T) {
	t.Parallel()
	d := startDaemon(t, channeltest.Faults{})
	own, other := d.newHostKey(t), filepath.Join(t.TempDir(), "other")
	dial := func(s SSH, m Machine) error {
		client, err := s.Dial(t.Context(), m)
		if err == nil {
			client.Close()
		}
		return err
	}
	console := func(line string) {
		d.console = "ci-info: x\r\n-----BEGIN SSH HOST KEY KEYS-----\r\n[   1.0] cloud-init[9]: " + line + "\r\n-----END SSH HOST KEY KEYS-----\r\n"
	}
	console(string(ssh.MarshalAuthorizedKey(own)))
	s, told := d.way(t)
	if err := dial(s, here()); err != nil || told.Len() > 0 {
		t.Fatalf("the console vouches for it: %v, %s", err, told)
	}
	if err := dial(s, here()); err != nil || d.called("GetConsoleOutput") != 1 {
		t.Errorf("what is known is asked for again: %v", err)
	}
	fresh := s
	fresh.Known = other
	console("ssh-ed25519 " + strings.Repeat("A", 68) + " root@other")
	if _, changed := errors.AsType[*ChangedHost](dial(fresh, here())); !changed {
		t.Error("a key was taken that is not the console's")
	}
	if _, err := os.Stat(other); !errors.Is(err, os.ErrNotExist) {
		t.Error("a key that was refused is known now")
	}
	d.console = "-----BEGIN SSH HOST KEY FINGERPRINTS-----\nec2: 256 " + ssh.FingerprintSHA256(own) + " root@ip (ED25519)\n-----END SSH HOST KEY FINGERPRINTS-----\n"
	if err := dial(fresh, here()); err != nil {
		t.Errorf("the console vouches for its fingerprint: %v", err)
	}
}

// TestChangedHost refuses a machine that is another one, in words.
func TestChangedHost(t *testing.T) {
	t.Parallel()
	d := startDaemon(t, channeltest.Faults{})
	s, _ := d.way(t)
	shown := d.newHostKey(t) // sshd has read the one before
	line := here().ID + " " + string(ssh.MarshalAuthorizedKey(shown))
	if err := os.MkdirAll(filepath.Dir(s.Known), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.Known, []byte("# mine\n"+line), 0o600); err != nil {
		t.Fatal(err)
	}
	d.newHostKey(t)
	_, err := s.Dial(t.Context(), here())
	changed, ok := errors.AsType[*ChangedHost](err)
	if !ok || changed.Line != 2 || !strings.Contains(err.Error(), s.Known) {
		t.Errorf("%v", err)
	}
	if d.called("TerminateSession") == 0 {
		t.Error("the session was left open")
	}
}

// TestNoEntry says why a machine lets nobody in.
func TestNoEntry(t *testing.T) {
	t.Parallel()
	d := startDaemon(t, channeltest.Faults{})
	s, _ := d.way(t)
	d.deaf = true
	_, err := s.Dial(t.Context(), here())
	if entry, ok := errors.AsType[*NoEntry](err); !ok || entry.Push != nil {
		t.Errorf("a key that does not arrive: %v", err)
	}
	d.refuse = "SendSSHPublicKey"
	if _, err := s.Dial(t.Context(), here()); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("no permission and no key: %v", err)
	}
	d.refuse = "StartSession"
	if _, err := s.Dial(t.Context(), here()); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("no permission for a session: %v", err)
	}
}

// TestOwnKey gets in by the environment's key where none can be pushed.
func TestOwnKey(t *testing.T) {
	t.Parallel()
	d := startDaemon(t, channeltest.Faults{})
	s, _ := d.way(t)
	holder := &daemon{keys: filepath.Join(t.TempDir(), "own")}
	public := holder.newHostKey(t)
	if err := os.WriteFile(d.authorized, ssh.MarshalAuthorizedKey(public), 0o600); err != nil {
		t.Fatal(err)
	}
	d.refuse, s.Key = "SendSSHPublicKey", holder.keys
	client, err := s.Dial(t.Context(), here())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if code, err := Interact(t.Context(), client, "bastion", "exit 0", Console{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard}, wait); err != nil || code != 0 {
		t.Errorf("%d, %v", code, err)
	}
	if err := os.WriteFile(s.Key, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Dial(t.Context(), here()); err == nil || !strings.Contains(err.Error(), s.Key) {
		t.Errorf("a broken key: %v", err)
	}
}

// TestTerminal has a terminal over there, of the size of the one here.
func TestTerminal(t *testing.T) {
	t.Parallel()
	d := startDaemon(t, channeltest.Faults{})
	s, _ := d.way(t)
	ctx, cancel := context.WithCancel(t.Context())
	client, err := s.Dial(ctx, here())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	size := func() (int, int) { return 91, 17 }
	c := Console{In: strings.NewReader(""), Out: &out, Err: io.Discard, Type: "vt100", Size: size}
	if code, err := Interact(ctx, client, "bastion", `stty size; echo "$TERM"`, c, wait); err != nil || code != 0 || out.String() != "17 91\r\nvt100\r\n" {
		t.Errorf("%d, %v, %q", code, err, &out)
	}
	cancel()
	if err := client.Wait(); err == nil {
		t.Error("a connection outlived its context")
	}
}
