package session

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2instanceconnect"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"golang.org/x/crypto/ssh"

	"github.com/keyedin-app/keyedin-infra/internal/session/datachannel/channeltest"
)

// daemon is a real sshd on this machine, and what AWS does around it.
type daemon struct {
	address, authorized, keys string
	console                   string // what the machine wrote when it booted
	channels                  *channeltest.Service
	mu                        sync.Mutex
	calls                     []string
	deaf                      bool // keys that are pushed do not arrive
	refuse                    string
}

// startDaemon starts one; a test without sshd is skipped.
func startDaemon(t *testing.T, f channeltest.Faults) *daemon {
	t.Helper()
	path, err := exec.LookPath("/usr/sbin/sshd")
	if err != nil {
		t.Skip("sshd is not installed: apt install openssh-server")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	d := &daemon{address: l.Addr().String(), authorized: filepath.Join(dir, "authorized"), keys: filepath.Join(dir, "host")}
	l.Close()
	d.newHostKey(t)
	_, port, _ := net.SplitHostPort(d.address)
	config := strings.Join([]string{
		"Port " + port, "ListenAddress 127.0.0.1", "HostKey " + d.keys, "AuthorizedKeysFile " + d.authorized, "UsePAM no",
		"StrictModes no", "PasswordAuthentication no", "KbdInteractiveAuthentication no", "PermitRootLogin yes", "PidFile none", "",
	}, "\n")
	if err := os.WriteFile(filepath.Join(dir, "config"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	_ = os.MkdirAll("/run/sshd", 0o755) // where it is root, it wants this folder
	c := exec.Command(path, "-D", "-e", "-f", filepath.Join(dir, "config"))
	var said strings.Builder
	c.Stderr = &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill() // it may have ended
		_ = c.Wait()
		if t.Failed() {
			t.Logf("sshd said:\n%s", said.String())
		}
	})
	for range 200 {
		if conn, err := net.Dial("tcp", d.address); err == nil {
			conn.Close()
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	d.channels = channeltest.Start(t, channeltest.Address(d.address), f)
	return d
}

// newHostKey makes the machine another one; sshd reads it at each connection.
func (d *daemon) newHostKey(t *testing.T) ssh.PublicKey {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d.keys, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// ServeHTTP is AWS: a key that is pushed is one that sshd knows.
func (d *daemon) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, call, found := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if !found {
		_ = r.ParseForm() // an empty one fails the test as well
		call = r.Form.Get("Action")
	}
	d.calls = append(d.calls, call)
	var in struct{ SSHPublicKey, SessionId string }
	if found {
		_ = json.NewDecoder(r.Body).Decode(&in) // as above
	}
	if call == d.refuse {
		w.Header().Set("X-Amzn-Errortype", "AccessDeniedException")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"AccessDeniedException","message":"not you"}`)
		return
	}
	switch call {
	case "SendSSHPublicKey":
		if !d.deaf {
			_ = os.WriteFile(d.authorized, []byte(in.SSHPublicKey), 0o600) // sshd will not let in
		}
		fmt.Fprint(w, `{"RequestId":"1","Success":true}`)
	case "GetConsoleOutput":
		fmt.Fprintf(w, `<GetConsoleOutputResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><output>%s</output></GetConsoleOutputResponse>`,
			base64.StdEncoding.EncodeToString([]byte(d.console)))
	case "StartSession":
		in.SessionId = fmt.Sprintf("s-%d", len(d.calls))
		fallthrough
	case "ResumeSession":
		fmt.Fprintf(w, `{"SessionId":%q,"StreamUrl":%q,"TokenValue":"%[1]s#%[3]d"}`, in.SessionId, d.channels.URL, len(d.calls))
	case "TerminateSession":
		fmt.Fprint(w, `{"SessionId":"s-1"}`)
	default:
		w.WriteHeader(http.StatusNotImplemented)
	}
}

func (d *daemon) called(call string) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.calls {
		if c == call {
			n++
		}
	}
	return n
}

// way is the way to the machine, and what it tells.
func (d *daemon) way(t *testing.T) (SSH, *strings.Builder) {
	t.Helper()
	front := httptest.NewServer(d)
	t.Cleanup(front.Close)
	config := aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(front.URL), Credentials: credentials.NewStaticCredentialsProvider("AKIA", "secret", ""),
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	told := &strings.Builder{}
	return SSH{
		EC2: ec2.NewFromConfig(config), Connect: ec2instanceconnect.NewFromConfig(config), SSM: ssm.NewFromConfig(config),
		User: me.Username, Known: filepath.Join(t.TempDir(), "keyedin", "known_hosts"),
		Pause: wait, Tell: func(text string) { told.WriteString(text + "\n") },
	}, told
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
