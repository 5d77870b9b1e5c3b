package session

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2instanceconnect"
	"github.com/aws/aws-sdk-go-v2/service/ec2instanceconnect/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"golang.org/x/crypto/ssh"
)

// SSH gets into the environment's machines. It needs no key of anybody's: a
// fresh one is pushed for each connection, and AWS forgets it after a minute.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/connect-linux-inst-eic.html
type SSH struct {
	EC2     *ec2.Client
	Connect *ec2instanceconnect.Client
	SSM     *ssm.Client
	// User is who one is on the machine; empty: ec2-user.
	User string
	// Key is the file of a private key that the machine may know as well; it need
	// not be there.
	Key string
	// Known is the file of the host keys that were seen; it is made when needed.
	Known string
	// Direct is whether port 22 of the machine's public address may be open to
	// this machine. It is tried first then; AWS Session Manager always works.
	Direct bool
	Pause  func(context.Context, time.Duration) error
	Tell   func(string)
	// port is where the bastion listens; empty: 22.
	port string
}

const (
	sshPort    = "22"
	sshUser    = "ec2-user" // Amazon Linux's
	directWait = 4 * time.Second
	shakeWait  = 30 * time.Second
)

// NoEntry reports that a machine took none of the keys.
type NoEntry struct {
	Machine, User string
	// Push is why the fresh key was not pushed, or nil.
	Push error
}

func (e *NoEntry) Unwrap() error { return e.Push }

func (e *NoEntry) Error() string {
	text := fmt.Sprintf("%s does not let %s in", e.Machine, e.User)
	if e.Push != nil {
		return text + ": no key could be pushed by EC2 Instance Connect, and there is none in ssh/ that it knows: " + e.Push.Error()
	}
	return text + ": it took neither the key that EC2 Instance Connect pushed nor that in ssh/. " +
		"It is a machine of an older image without ec2-instance-connect, or is still booting: try again in a minute"
}

// Dial connects to a machine. The connection ends with the context.
func (s SSH) Dial(ctx context.Context, m Machine) (*ssh.Client, error) {
	own, err := readKey(s.Key)
	if err != nil {
		return nil, err
	}
	client, err := s.direct(ctx, m, own)
	if client != nil || err != nil {
		return client, err
	}
	conn, err := s.tunnel(ctx, m)
	if err != nil {
		return nil, err
	}
	return s.over(ctx, conn, m, own)
}

// over is an SSH client over a connection, which ends with it.
func (s SSH) over(ctx context.Context, conn net.Conn, m Machine, own ssh.Signer) (*ssh.Client, error) {
	client, err := s.shake(ctx, conn, m, own)
	if err != nil {
		conn.Close()
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = client.Close() })
	go func() {
		_ = client.Wait() // how it ended is its user's to find out
		stop()
		conn.Close()
	}()
	return client, nil
}

// direct tries the bastion's own port; nothing and no error: it is not open to
// this machine. What listens there and is the bastion has the last word.
func (s SSH) direct(ctx context.Context, m Machine, own ssh.Signer) (*ssh.Client, error) {
	if !s.Direct || m.Name != Bastion || m.Address == "" {
		return nil, nil
	}
	dialer := net.Dialer{Timeout: directWait}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(m.Address, cmp.Or(s.port, sshPort)))
	if err == nil {
		var client *ssh.Client
		client, err = s.over(ctx, conn, m, own)
		_, changed := errors.AsType[*ChangedHost](err)
		_, locked := errors.AsType[*NoEntry](err)
		if err == nil || changed || locked {
			return client, err
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	s.Tell(fmt.Sprintf("Port 22 of %s (%s) does not let this machine in; going through AWS Session Manager.", m.Name, m.Address))
	return nil, nil
}

// shake makes an SSH client of a connection.
func (s SSH) shake(ctx context.Context, conn net.Conn, m Machine, own ssh.Signer) (*ssh.Client, error) {
	keys, pushed, err := s.keys(ctx, m, own)
	if err != nil {
		return nil, err
	}
	hosts := hostKeys{SSH: s, machine: m, ctx: ctx}
	config := &ssh.ClientConfig{
		User: s.user(), Auth: []ssh.AuthMethod{ssh.PublicKeys(keys...)},
		HostKeyCallback: hosts.check, HostKeyAlgorithms: hostKeyAlgorithms(),
	}
	limited, cancel := context.WithTimeout(ctx, shakeWait)
	defer cancel()
	stop := context.AfterFunc(limited, func() { conn.Close() })
	c, channels, requests, err := ssh.NewClientConn(conn, m.ID, config)
	if !stop() && err == nil {
		err = limited.Err()
		_ = c.Close() // it is over either way
	}
	if err == nil {
		return ssh.NewClient(c, channels, requests), nil
	}
	switch _, noAuth := errors.AsType[*ssh.ServerAuthError](err); {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case hosts.refused != nil: // which the package puts into words of its own
		return nil, hosts.refused
	case limited.Err() != nil:
		return nil, fmt.Errorf("%s does not answer on its SSH port within %s", m.Name, shakeWait)
	case noAuth || hosts.accepted:
		return nil, &NoEntry{Machine: m.Name, User: s.user(), Push: pushed}
	}
	return nil, fmt.Errorf("%s cannot be spoken to by SSH: %w", m.Name, err)
}

func (s SSH) user() string { return cmp.Or(s.User, sshUser) }

// keys are those to show: a fresh one, and the environment's if it is here. The
// error of the push is for the case that the machine takes neither.
func (s SSH) keys(ctx context.Context, m Machine, own ssh.Signer) (all []ssh.Signer, pushed, err error) {
	fresh, pushed := s.push(ctx, m)
	if pushed == nil {
		all = append(all, fresh)
	}
	if own != nil {
		all = append(all, own)
	}
	if len(all) == 0 {
		return nil, nil, pushed
	}
	return all, pushed, nil
}

// push has AWS hand a fresh public key to the machine.
func (s SSH) push(ctx context.Context, m Machine) (ssh.Signer, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return nil, err
	}
	in := &ec2instanceconnect.SendSSHPublicKeyInput{
		InstanceId: aws.String(m.ID), InstanceOSUser: aws.String(s.user()),
		SSHPublicKey: aws.String(string(ssh.MarshalAuthorizedKey(signer.PublicKey()))),
	}
	if m.Zone != "" {
		in.AvailabilityZone = aws.String(m.Zone)
	}
	_, err = s.Connect.SendSSHPublicKey(ctx, in)
	if _, gone := errors.AsType[*types.EC2InstanceNotFoundException](err); gone {
		return nil, &NoMachine{Name: m.ID}
	}
	return signer, err
}

// readKey reads a private key; none is no error.
func readKey(path string) (ssh.Signer, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the environment's SSH key cannot be read: %w", err)
	}
	key, err := ssh.ParsePrivateKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s is no private key without a passphrase: %w; move it away to go without it", path, err)
	}
	return key, nil
}
