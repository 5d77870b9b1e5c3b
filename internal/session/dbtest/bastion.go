//go:build unix

package dbtest

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// program is the path of a server to test with.
func program(t testing.TB, name, from string) string {
	t.Helper()
	for _, path := range []string{name, "/usr/sbin/" + name, "/usr/bin/" + name} {
		if found, err := exec.LookPath(path); err == nil {
			return found
		}
	}
	t.Skipf("%s is not installed; %s has it", name, from)
	return ""
}

func write(t testing.TB, path string, text []byte) string {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// FreePort is a port that nothing listens on.
func FreePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// answers waits until something listens.
func answers(t testing.TB, address string) {
	t.Helper()
	for range 600 {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("nothing listens at %s", address)
}

// Bastion is a real sshd on this machine, which forwards to wherever it is asked.
type Bastion struct {
	// Address is where it listens, and stays the same when it is started again.
	Address string
	// Key is the private key that it lets in.
	Key ssh.Signer

	t            testing.TB
	user         string
	sshd, config string
	env          []string
	host         ssh.PublicKey
	running      *exec.Cmd
}

// NewBastion starts one that lets in the user of this process by a key.
func NewBastion(t testing.TB) *Bastion {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	private, public := pair(t)
	key, err := ssh.ParsePrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	b := newBastion(t, me.Username, ssh.MarshalAuthorizedKey(public))
	b.Key = key
	b.Start()
	return b
}

// wrapper has a program see users that the system does not have.
const wrapper = "/usr/lib/x86_64-linux-gnu/libnss_wrapper.so"

// NewBastionFor starts one that has a user of that name, who is this process's,
// and lets in the keys of an authorized_keys file.
func NewBastionFor(t testing.TB, name string, authorized []byte) *Bastion {
	t.Helper()
	if _, err := os.Stat(wrapper); err != nil {
		t.Skipf("%s is not installed; Debian's libnss-wrapper has it", wrapper)
	}
	b := newBastion(t, name, authorized)
	dir := t.TempDir()
	uid, gid := os.Getuid(), os.Getgid()
	users := fmt.Sprintf("%s:x:%d:%d::%s:/bin/sh\nsshd:x:65533:65533::/:/bin/false\n", name, uid, gid, dir)
	groups := fmt.Sprintf("%s:x:%d:\nsshd:x:65533:\n", name, gid)
	b.env = []string{
		"LD_PRELOAD=" + wrapper, "NSS_WRAPPER_PASSWD=" + write(t, filepath.Join(dir, "passwd"), []byte(users)),
		"NSS_WRAPPER_GROUP=" + write(t, filepath.Join(dir, "group"), []byte(groups)),
	}
	b.Start()
	return b
}

func newBastion(t testing.TB, name string, authorized []byte) *Bastion {
	t.Helper()
	b := &Bastion{t: t, user: name, sshd: program(t, "sshd", "Debian's openssh-server")}
	if os.Getuid() == 0 { // it wants that folder from root
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Skipf("sshd cannot run here: %v", err)
		}
	}
	dir := t.TempDir()
	private, host := pair(t)
	b.host = host
	b.Address = net.JoinHostPort("127.0.0.1", FreePort(t))
	b.config = write(t, filepath.Join(dir, "sshd_config"), []byte(strings.Join([]string{
		"ListenAddress " + b.Address, "HostKey " + write(t, filepath.Join(dir, "host"), private),
		"AuthorizedKeysFile " + write(t, filepath.Join(dir, "authorized"), authorized),
		"PidFile none", "StrictModes no", "UsePAM no", "PasswordAuthentication no", "AllowTcpForwarding yes", "LogLevel ERROR", "",
	}, "\n")))
	t.Cleanup(b.Kill)
	return b
}

func pair(t testing.TB) (private []byte, public ssh.PublicKey) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	if public, err = ssh.NewPublicKey(key.Public()); err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(block), public
}

// Start starts it where it was before.
func (b *Bastion) Start() {
	b.t.Helper()
	b.running = exec.Command(b.sshd, "-D", "-e", "-f", b.config)
	b.running.Env = append(os.Environ(), b.env...)
	if err := b.running.Start(); err != nil {
		b.t.Fatal(err)
	}
	answers(b.t, b.Address)
}

// Kill ends it with every connection that it has.
func (b *Bastion) Kill() {
	if b.running != nil {
		b.Signal(syscall.SIGKILL)
		_ = b.running.Wait() // it was killed
		b.running = nil
	}
}

// Signal sends a signal to sshd and to its processes for connections, which
// have groups of their own.
func (b *Bastion) Signal(s syscall.Signal) {
	b.t.Helper()
	of := map[int][]int{}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		b.t.Skip("there is no /proc to find the processes of sshd in")
	}
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		var id, parent int
		var state string
		_, rest, _ := strings.Cut(string(text), ") ")
		if _, err := fmt.Sscan(rest, &state, &parent); err == nil {
			if _, err := fmt.Sscan(string(text), &id); err == nil {
				of[parent] = append(of[parent], id)
			}
		}
	}
	all := []int{b.running.Process.Pid}
	for i := 0; i < len(all); i++ {
		all = append(all, of[all[i]]...)
	}
	for _, id := range all {
		_ = syscall.Kill(id, s) // it may have ended
	}
}

// Connect connects to it.
func (b *Bastion) Connect(context.Context) (*ssh.Client, error) {
	return ssh.Dial("tcp", b.Address, &ssh.ClientConfig{
		User: b.user, Auth: []ssh.AuthMethod{ssh.PublicKeys(b.Key)}, HostKeyCallback: ssh.FixedHostKey(b.host), Timeout: 10 * time.Second,
	})
}
