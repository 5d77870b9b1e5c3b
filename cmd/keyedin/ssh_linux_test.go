package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"

	"github.com/keyedin-app/keyedin-infra/internal/session/datachannel/channeltest"
)

// machines stands for all instances: an SSH server behind Session Manager that
// lets in whoever has a key that was pushed.
func (p *place) sshMachines(t *testing.T) ssh.PublicKey {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	host, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ServerConfig{PublicKeyCallback: func(c ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		for _, pushed := range p.Pushed(t) {
			if pushed.User == c.User() && strings.TrimSpace(pushed.Key) == strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))) {
				return nil, nil
			}
		}
		return nil, fmt.Errorf("%s is not known", c.User())
	}}
	config.AddHostKey(host)
	address := channeltest.Listen(t, func(c net.Conn) { answer(c, config) })
	service := channeltest.Start(t, channeltest.Address(address), channeltest.Faults{})
	p.Inside(fmt.Sprintf(`backend("ssm").__dict__.setdefault("_mend_sessions", {})["url"] = %q`, service.URL))
	p.env = append(p.env, "XDG_CONFIG_HOME="+filepath.Join(p.dir, "home"))
	return host.PublicKey()
}

// answer says what it was asked for, echoes what is typed, and ends with 5.
func answer(conn net.Conn, config *ssh.ServerConfig) {
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for c := range channels {
		channel, asked, err := c.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range asked {
				r.Reply(true, nil)
				switch r.Type {
				case "pty-req":
					var pty struct {
						Term                string
						Columns, Rows, W, H uint32
						Modes               string
					}
					_ = ssh.Unmarshal(r.Payload, &pty) // the sizes show it
					fmt.Fprintf(channel, "%s %dx%d\r\n", pty.Term, pty.Columns, pty.Rows)
				case "exec", "shell":
					var line struct{ Command string }
					_ = ssh.Unmarshal(r.Payload, &line) // a shell has none
					fmt.Fprintf(channel, "%s [%s]\r\n", r.Type, line.Command)
					go func() {
						typed, _ := io.ReadAll(io.LimitReader(channel, 5)) // up to five keys
						fmt.Fprintf(channel, "typed %q\r\n", typed)
						channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{5}))
						channel.Close()
					}()
				}
			}
		}()
	}
}

// TestSSH gets into an instance and into the container there, through Session
// Manager by a key that was pushed, and ends as what ran there.
func TestSSH(t *testing.T) {
	t.Parallel()
	p := applied(t, func(text string) string { return strings.Replace(text, "allow: [203.0.113.0/24]", "allow: []", 1) })
	host := p.sshMachines(t)
	run := func(input string, args ...string) result {
		c := p.command(args...)
		c.Stdin = strings.NewReader(input)
		return p.finish(c)
	}
	if r := run("abc", "ssh", "--", "df", "it's"); r.code != 5 || r.out != "exec ['df' 'it'\\''s']\r\ntyped \"abc\"\r\n" || !strings.Contains(r.err, "new to this machine") {
		t.Errorf("ssh: %d %q %s", r.code, r.out, r.err)
	}
	if r := run("", "exec", "--", "php", "artisan", "tinker"); r.code != 5 || !strings.Contains(r.out, "service=backend") ||
		!strings.Contains(r.out, `docker exec -i "$c" 'php' 'artisan' 'tinker'`) || strings.Contains(r.err, "new to") {
		t.Errorf("exec: %d %q %s", r.code, r.out, r.err)
	}
	p.Inside(fmt.Sprintf("backend('ec2').__dict__.setdefault('_mend_console', {})['*'] = %q", "-----BEGIN SSH HOST KEY KEYS-----\n"+
		strings.TrimSpace(string(ssh.MarshalAuthorizedKey(host)))+" root@ip\n-----END SSH HOST KEY KEYS-----\n"))
	if r := run("", "ssh", "bastion", "--", "true"); r.code != 5 || strings.Contains(r.err, "new to") {
		t.Errorf("the console's key: %d %s", r.code, r.err)
	}
	known := filepath.Join(p.dir, "home", "keyedin", "known_hosts")
	text, err := os.ReadFile(known)
	if err != nil || strings.Count(string(text), "\n") != 2 {
		t.Fatalf("known are %q, %v", text, err)
	}
	other := strings.ReplaceAll(string(text), base64.StdEncoding.EncodeToString(host.Marshal()), base64.StdEncoding.EncodeToString(ssh.Marshal(struct{ A, B string }{ssh.KeyAlgoED25519, strings.Repeat("x", 32)})))
	if err := os.WriteFile(known, []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := run("", "ssh", "--", "true"); r.code != 1 || !strings.Contains(r.err, "another SSH host key") || !strings.Contains(r.err, known) {
		t.Errorf("a changed key: %d %s", r.code, r.err)
	}
	if err := os.Remove(known); err != nil {
		t.Fatal(err)
	}
	o := p.object(run("x", "ssh", "--json", "--", "id"))
	if o["exit-code"] != 5.0 || !strings.Contains(o["stdout"].(string), "typed") {
		t.Errorf("in JSON: %v", o)
	}
	if r := p.must("__complete", "ssh", ""); !strings.Contains(r.out, "bastion\n") || !strings.HasPrefix(r.out, "i-") {
		t.Errorf("completion gives %s", r.out)
	}

	s := p.terminal(nil, "ssh")
	if err := unix.IoctlSetWinsize(int(s.keys.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}); err != nil {
		t.Fatal(err)
	}
	s.answer("shell []", "a\x03b\x04c") // Ctrl-C and Ctrl-D are for the other side
	if r := s.end(); r.code != 5 || !strings.Contains(r.out, "xterm-256color 80x24") || !strings.Contains(r.out, `typed "a\x03b\x04c"`) {
		t.Errorf("at a terminal: %d %q", r.code, r.out)
	}
	p.Violations(t)
}
