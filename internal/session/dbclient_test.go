//go:build unix

package session_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/keyedin-app/keyedin-infra/internal/session"
	"github.com/keyedin-app/keyedin-infra/internal/session/dbtest"
)

// sql runs the client through a tunnel.
func sql(t *testing.T, m dbtest.Database, port int, ca string, args ...string) (out string, err error) {
	t.Helper()
	client, err := session.FindClient(t.Context())
	if none, ok := errors.AsType[*session.NoClient](err); ok {
		t.Skip(none.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	var answer bytes.Buffer
	shell, err := client.Shell(session.Login{
		Credentials: session.Credentials{User: "keyedin", Password: m.Password, Database: "shop"}, Port: port, CA: ca,
	}, args, nil, &answer, &answer)
	if err != nil {
		t.Fatal(err)
	}
	command := strings.Join(shell.Args, " ") + strings.Join(shell.Env, " ")
	if strings.Contains(command, m.Password) {
		t.Error("the password is on the command line or in the environment")
	}
	file, _, _ := strings.Cut(strings.TrimPrefix(shell.Args[1], "--defaults-file="), " ")
	folder, err := os.Stat(filepath.Dir(file))
	if err != nil || folder.Mode().Perm() != 0o700 {
		t.Errorf("the folder of the login is %v, %v", folder, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the login is %v, %v", info, err)
	}
	err = shell.Run()
	if gone := shell.Forget(); gone != nil {
		t.Error(gone)
	}
	if _, err := os.Stat(filepath.Dir(file)); err == nil {
		t.Error("the login is still there")
	}
	return answer.String(), err
}

// A real client asks a real database through a real bastion, encrypted, with a
// password that has everything in it that files of options trip over.
func TestShell(t *testing.T) {
	t.Parallel()
	m, b := dbtest.NewDatabase(t), dbtest.NewBastion(t)
	port, _ := open(t, b, m.Address)
	out, err := sql(t, m, port, "", "-N", "-B", "-e", "select database(); show status like 'Ssl_cipher'")
	lines := strings.Fields(out)
	if err != nil || len(lines) != 3 || lines[0] != "shop" || !strings.Contains(lines[2], "AES") && !strings.Contains(lines[2], "CHACHA") {
		t.Errorf("it answers %q, %v", out, err)
	}
	if out, err := sql(t, m, port, m.CA, "-N", "-e", "select 1"); err != nil || out != "1\n" {
		t.Errorf("with its authority it answers %q, %v", out, err)
	}
	other, _, _ := dbtest.Authority(t, t.TempDir(), "other")
	if out, err := sql(t, m, port, other, "-N", "-e", "select 1"); err == nil {
		t.Errorf("with another authority it answers %q", out)
	}
	_, err = sql(t, m, port, "", "-e", "select nothing from nowhere")
	if ended, ok := errors.AsType[*exec.ExitError](err); !ok || ended.ExitCode() != 1 {
		t.Errorf("a wrong question ends with %v", err)
	}
	if out, err := sql(t, m, port, "", "-D", "mysql", "-N", "-e", "select database()"); err != nil || out != "mysql\n" {
		t.Errorf("with a database of one's own it answers %q, %v", out, err)
	}
	if _, err := exec.Command("mysql", "--no-defaults", "-h127.0.0.1", "-P"+strconv.Itoa(port), "-ukeyedin", "--skip-ssl", "-pwrong").CombinedOutput(); err == nil {
		t.Error("the test's database lets in who is not encrypted")
	}
}
