package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Client is a MySQL client program of this machine. mysql and mariadb are told
// in different words to encrypt.
type Client struct {
	Path    string
	MariaDB bool
}

// NoClient reports that no client program is installed.
type NoClient struct{}

func (*NoClient) Error() string {
	return "neither mysql nor mariadb is on this machine's PATH. Install one, for example with: apt install mariadb-client, " +
		"dnf install mariadb105, brew install mysql-client; or connect with any other program through: keyedin db tunnel"
}

// FindClient finds mysql, or else mariadb; its error is a NoClient. What is
// called mysql is MariaDB's own on many systems.
func FindClient(ctx context.Context) (Client, error) {
	for _, name := range []string{"mysql", "mariadb"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		version, err := exec.CommandContext(ctx, path, "--version").Output()
		if err != nil {
			continue
		}
		return Client{Path: path, MariaDB: strings.Contains(string(version), "MariaDB")}, nil
	}
	return Client{}, &NoClient{}
}

// Login is how a client program connects.
type Login struct {
	Credentials
	Port int // of this machine
	// CA is a file of the authorities that the server's certificate must be of; ""
	// encrypts without looking at it, within the tunnel.
	CA string
}

// optionFile is what a client program reads the login from: the only place
// where the password is, as command lines and environments can be seen by others.
// The server is known here by this machine's port, so its certificate's name,
// which is the endpoint's, cannot be compared by the client.
// https://dev.mysql.com/doc/refman/8.4/en/option-files.html
// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Security.html
func (c Client) optionFile(l Login) string {
	var b strings.Builder
	b.WriteString("[client]\n")
	set := func(name, value string) { fmt.Fprintf(&b, "%s=%s\n", name, quoted(value)) }
	set("host", loopback)
	set("port", fmt.Sprint(l.Port))
	set("protocol", "TCP")
	set("user", l.User)
	set("password", l.Password)
	if l.CA != "" {
		set("ssl-ca", l.CA)
	}
	switch {
	case c.MariaDB:
		b.WriteString("ssl\nskip-ssl-verify-server-cert\n")
	case l.CA != "":
		set("ssl-mode", "VERIFY_CA")
	default:
		set("ssl-mode", "REQUIRED")
	}
	return b.String()
}

// quoted writes a value as option files have it.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(s) + `"`
}

// Shell is a client program with its login in a file. The file is for its owner
// alone, and is gone after Forget at the latest.
type Shell struct {
	*exec.Cmd
	folder string
}

// Shell prepares a run of the client; args are the user's own.
func (c Client) Shell(l Login, args []string, in io.Reader, out, errOut io.Writer) (*Shell, error) {
	folder, err := os.MkdirTemp("", "keyedin-db-") // 0700
	if err != nil {
		return nil, err
	}
	s := &Shell{folder: folder}
	file := filepath.Join(folder, "login.cnf")
	if err := os.WriteFile(file, []byte(c.optionFile(l)), 0o600); err != nil {
		return nil, errors.Join(err, s.Forget())
	}
	// Only this file: the user's own could hold the login of another server.
	all := append([]string{"--defaults-file=" + file}, args...)
	if l.Database != "" && !slices.ContainsFunc(args, namesDatabase) {
		all = slices.Insert(all, 1, "--database="+l.Database)
	}
	s.Cmd = exec.Command(c.Path, all...)
	s.Stdin, s.Stdout, s.Stderr = in, out, errOut
	s.Env = append(slices.DeleteFunc(os.Environ(), isLogin), "MYSQL_TEST_LOGIN_FILE="+filepath.Join(folder, "none"))
	return s, nil
}

// isLogin reports whether a variable leads to another server than the file does.
// Logins that mysql_config_editor keeps would win over the file as well, and are
// led elsewhere by MYSQL_TEST_LOGIN_FILE.
// https://dev.mysql.com/doc/refman/8.4/en/environment-variables.html
func isLogin(variable string) bool {
	name, _, _ := strings.Cut(variable, "=")
	switch name {
	case "MYSQL_PWD", "MYSQL_HOST", "MYSQL_TCP_PORT", "MYSQL_UNIX_PORT", "MYSQL_TEST_LOGIN_FILE":
		return true
	}
	return false
}

// namesDatabase reports whether an argument chooses a database: an option for
// it, or a word by itself.
func namesDatabase(arg string) bool {
	return strings.HasPrefix(arg, "-D") || strings.HasPrefix(arg, "--database")
}

// Forget removes the login from the disk. It may be called again.
func (s *Shell) Forget() error { return os.RemoveAll(s.folder) }
