package session

import (
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/keyedin-app/keyedin-infra/internal/session/datachannel/channeltest"
)

// straight is the way to a daemon's own port, and the bastion with its address.
func (d *daemon) straight(t *testing.T) (SSH, Machine, *strings.Builder) {
	t.Helper()
	s, told := d.way(t)
	m := here()
	s.Direct = true
	m.Address, s.port, _ = net.SplitHostPort(d.address) // it is one that was listened on
	return s, m, told
}

// TestDirect goes straight to the bastion's port where that is open, and for
// nothing else; what does not answer there as a bastion is gone around.
func TestDirect(t *testing.T) {
	t.Parallel()
	d := startDaemon(t, channeltest.Faults{})
	s, bastion, told := d.straight(t)
	arrives := func(s SSH, m Machine, sessions int) {
		t.Helper()
		before := d.called("StartSession")
		client, err := s.Dial(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		client.Close()
		if n := d.called("StartSession") - before; n != sessions {
			t.Errorf("it took %d sessions of Systems Manager, not %d", n, sessions)
		}
	}
	arrives(s, bastion, 0)
	if d.called("SendSSHPublicKey") != 1 || strings.Contains(told.String(), "Session Manager") {
		t.Errorf("straight in: %s", told)
	}
	instance := bastion
	instance.Name = instance.ID
	arrives(s, instance, 1)
	shut := s
	shut.Direct = false
	arrives(shut, bastion, 1)

	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			conn, err := mute.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	other := s
	_, other.port, _ = net.SplitHostPort(mute.Addr().String()) // as above
	arrives(other, bastion, 1)
	mute.Close()
	arrives(other, bastion, 1)
	if n := strings.Count(told.String(), "does not let this machine in; going through AWS Session Manager"); n != 2 {
		t.Errorf("two ways around were told %d times: %s", n, told)
	}
}

// TestDirectIsNotGoneAround ends where the bastion itself says no: another way
// would lead to the same machine, or hide that it is another.
func TestDirectIsNotGoneAround(t *testing.T) {
	t.Parallel()
	d := startDaemon(t, channeltest.Faults{})
	s, bastion, _ := d.straight(t)
	d.deaf = true
	_, err := s.Dial(t.Context(), bastion)
	if _, locked := errors.AsType[*NoEntry](err); !locked {
		t.Errorf("a key that does not arrive: %v", err)
	}
	d.deaf = false
	d.console = "-----BEGIN SSH HOST KEY KEYS-----\nssh-ed25519 " + strings.Repeat("A", 68) + " root@other\n-----END SSH HOST KEY KEYS-----\n"
	s.Known += ".none"
	_, err = s.Dial(t.Context(), bastion)
	if _, changed := errors.AsType[*ChangedHost](err); !changed {
		t.Errorf("a machine with another key: %v", err)
	}
	if n := d.called("StartSession"); n > 0 {
		t.Errorf("it was gone around by %d sessions", n)
	}
}
