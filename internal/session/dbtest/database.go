//go:build unix

package dbtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Database is a real MariaDB on this machine, which refuses what is not
// encrypted, as Aurora does here. It has a user keyedin and a database shop.
type Database struct {
	Address, Port string
	// CA is the file of the authority of its certificate.
	CA string
	// Password has in it what files of options trip over.
	Password string
}

const serverName = "localhost"

// NewDatabase starts one.
func NewDatabase(t testing.TB) Database {
	t.Helper()
	install := program(t, "mariadb-install-db", "Debian's mariadb-server")
	server := program(t, "mariadbd", "Debian's mariadb-server")
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "mdb") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // the rest is the system's
	data := filepath.Join(dir, "data")
	out, err := exec.Command(install, "--no-defaults", "--datadir="+data, "--user="+me.Username,
		"--auth-root-authentication-method=normal", "--skip-test-db").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	m := Database{Port: FreePort(t), Password: `it's "a" #\ pass;word$`}
	m.Address = net.JoinHostPort("127.0.0.1", m.Port)
	var cert, key string
	m.CA, cert, key = Authority(t, dir, serverName)
	start := write(t, filepath.Join(dir, "init.sql"), fmt.Appendf(nil,
		"CREATE USER 'keyedin'@'%%' IDENTIFIED BY '%s';\nGRANT ALL ON *.* TO 'keyedin'@'%%';\nCREATE DATABASE shop;\n",
		strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(m.Password)))
	c := exec.Command(server, "--no-defaults", "--datadir="+data, "--user="+me.Username, "--socket="+filepath.Join(dir, "s"),
		"--port="+m.Port, "--bind-address=127.0.0.1", "--ssl-cert="+cert, "--ssl-key="+key, "--ssl-ca="+m.CA,
		"--require-secure-transport=ON", "--init-file="+start, "--skip-log-bin", "--innodb-buffer-pool-size=16M")
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) // it may have ended
		_ = c.Wait()                                      // it was killed
	})
	answers(t, m.Address)
	return m
}

// Authority makes a certificate authority and a server's certificate of it.
func Authority(t testing.TB, dir, name string) (ca, cert, key string) {
	t.Helper()
	make := func(of *x509.Certificate, by *x509.Certificate, with, sign *ecdsa.PrivateKey) []byte {
		raw, err := x509.CreateCertificate(rand.Reader, of, by, &with.PublicKey, sign)
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
	}
	newKey := func() *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	root, leaf := newKey(), newKey()
	whole := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	server := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	private, err := x509.MarshalPKCS8PrivateKey(leaf)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, filepath.Join(dir, "ca.pem"), make(whole, whole, root, root)),
		write(t, filepath.Join(dir, "cert.pem"), make(server, whole, leaf, root)),
		write(t, filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
}
