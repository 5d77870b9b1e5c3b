//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/keyedin-app/keyedin-infra/internal/session/datachannel/channeltest"
	"github.com/keyedin-app/keyedin-infra/internal/session/dbtest"
)

// inside is an applied environment whose bastion is a real sshd, reached by way
// of Session Manager, and whose database is a real one.
func inside(t *testing.T, edits ...func(string) string) (*place, *dbtest.Bastion, dbtest.Database) {
	t.Helper()
	db := dbtest.NewDatabase(t)
	p := applied(t, append(edits, with("allow: [203.0.113.0/24]", "allow: []"))...)
	key, err := os.ReadFile(filepath.Join(p.dir, "ssh", "keyedin-production-bastion.pub"))
	if err != nil {
		t.Fatal(err)
	}
	b := dbtest.NewBastionFor(t, "ec2-user", key)
	service := channeltest.Start(t, channeltest.Address(b.Address), channeltest.Faults{})
	p.Inside(fmt.Sprintf(`
from moto.rds.models import DBCluster
DBCluster.endpoint = property(lambda self: "127.0.0.1")
DBCluster.reader_endpoint = property(lambda self: "127.0.0.1")
for cluster in backend("rds").clusters.values():
    cluster.port = %s
backend("ssm").__dict__.setdefault("_mend_sessions", {})["url"] = %q
`, db.Port, service.URL))
	own := p.clusters()[ownCluster]
	held, err := json.Marshal(map[string]string{"username": "keyedin", "password": db.Password})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := secretsmanager.NewFromConfig(p.Config()).PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: own.MasterUserSecret.SecretArn, SecretString: aws.String(string(held)),
	}); err != nil {
		t.Fatal(err)
	}
	p.env = append(p.env, "XDG_CONFIG_HOME="+t.TempDir(), "TMPDIR="+t.TempDir())
	p.must("env", "set", "DB_DATABASE=shop")
	return p, b, db
}

// asks is a question to MariaDB by a client of the test's own.
func asks(t *testing.T, db dbtest.Database, port int, question string) (string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "login")
	login := fmt.Sprintf("[client]\npassword=\"%s\"\n", strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(db.Password))
	if err := os.WriteFile(file, []byte(login), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("mariadb", "--defaults-file="+file, "-h127.0.0.1", "-P"+strconv.Itoa(port), "-ukeyedin", "--ssl", "-N", "-e", question).CombinedOutput()
	return string(out), err
}

// TestDatabaseTunnel leads a client to the database through the bastion, also
// after that has been away, and ends with Ctrl-C as it should.
func TestDatabaseTunnel(t *testing.T) {
	t.Parallel()
	p, b, db := inside(t)
	r := p.start("db", "tunnel", "--port", "0")
	port := r.port()
	if out, err := asks(t, db, port, "select 6*7"); err != nil || out != "42\n" {
		t.Errorf("through the tunnel it answers %q, %v\n%s", out, err, r.err)
	}
	taken := p.run("db", "tunnel", "--port", strconv.Itoa(port))
	taken.says(t, 1, "is taken", "--port ")
	b.Kill()
	r.hears("lost")
	b.Start()
	if out, err := asks(t, db, port, "select 6*7"); err != nil || out != "42\n" {
		t.Errorf("after the bastion was away it answers %q, %v\n%s", out, err, r.err)
	}
	r.signal(syscall.SIGINT)
	end := r.end()
	if end.code != 0 || strings.Contains(end.out+end.err, db.Password) || !strings.Contains(end.out, "database  shop") {
		t.Errorf("it ended with %d: %s%s", end.code, end.out, end.err)
	}
	if c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
		c.Close()
		t.Error("the port is still open")
	}
	p.Violations(t)
}

// port is the one that a tunnel says it has.
func (r *running) port() int {
	r.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if _, rest, said := strings.Cut(r.out.String(), "port      "); said {
			if line, _, whole := strings.Cut(rest, "\n"); whole {
				if port, err := strconv.Atoi(line); err == nil {
					return port
				}
			}
		}
	}
	r.t.Fatalf("it says no port: %s%s", r.out, r.err)
	return 0
}

// hears waits until it has said something.
func (r *running) hears(word string) {
	r.t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(r.err.String(), word); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("it does not say %q: %s", word, r.err)
		}
	}
}

// TestDatabaseShell runs the client of this machine, with what it answers and
// how it ends, through the bastion.
func TestDatabaseShell(t *testing.T) {
	t.Parallel()
	p, _, db := inside(t)
	r := p.must("db", "shell", "--", "-N", "-e", "select concat(database(), '-', 6*7)")
	if r.out != "shop-42\n" {
		t.Errorf("it answers %q %s", r.out, r.err)
	}
	asked := p.command("db", "shell", "--reader", "--ca", db.CA, "--", "-N")
	asked.Stdin = bytes.NewReader([]byte("select 1;\nselect 2;\n"))
	if r := p.finish(asked); r.code != 0 || r.out != "1\n2\n" {
		t.Errorf("with questions on standard input it answers %q and ends with %d: %s", r.out, r.code, r.err)
	}
	if r := p.run("db", "shell", "--", "-e", "select nothing from nowhere"); r.code != 1 || !strings.Contains(r.err, "nowhere") {
		t.Errorf("a wrong question ended with %d: %s", r.code, r.err)
	}
	p.run("db", "shell", "--ca", "none.pem").says(t, 1, "--ca", "none.pem")
	p.run("db", "shell", "--json").says(t, 1, "JSON")
	bare := p.command("db", "shell")
	bare.Env = append(bare.Env, "PATH="+t.TempDir())
	p.finish(bare).says(t, 1, "mariadb-client", "keyedin db tunnel")
	left, err := filepath.Glob(filepath.Join(strings.TrimPrefix(p.env[len(p.env)-1], "TMPDIR="), "keyedin-db-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("the logins %v are left", left)
	}
	p.Violations(t)
}
