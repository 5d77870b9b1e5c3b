package cli

import (
	"os"
	"path/filepath"

	"github.com/keyedin-app/keyedin-infra/internal/session"
)

// machines are those of the environment that one can get into.
func (o *operation) machines() session.Machines {
	return session.Machines{
		EC2: o.clients.EC2, AutoScaling: o.clients.AutoScaling,
		Project: o.names.Project, Environment: o.names.Environment, Group: o.names.Group,
	}
}

// ssh is the way into them.
func (o *operation) ssh() session.SSH {
	return session.SSH{
		EC2: o.clients.EC2, Connect: o.clients.Connect, SSM: o.clients.SSM,
		Key: o.keyFile(), Known: knownHosts(), Direct: len(o.config.Bastion.Allow) > 0,
		Pause: o.pause, Tell: func(text string) { o.Say("%s", text) },
	}
}

// knownHosts is the file of the host keys that this user has seen, of all
// environments: an instance's id is its own for ever.
func knownHosts() string {
	folder, err := os.UserConfigDir()
	if err != nil { // there is no home
		folder = os.TempDir()
	}
	return filepath.Join(folder, "keyedin", "known_hosts")
}
