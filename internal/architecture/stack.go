// Package architecture says what an environment is made of: it turns a config,
// and a few facts of the account, into a stack of declared objects. Each module
// is a function that takes the modules it stands on and returns what others may
// refer to, so the signatures are the diagram. It makes no call to AWS, reads
// no clock and no file, and knows nothing of how objects are made.
package architecture

import (
	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/config"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Keys are what comes neither from the config nor from AWS.
type Keys struct {
	// Bastion is the public half of the key people reach the bastion with, in
	// OpenSSH's form; empty: nobody can, but for AWS Session Manager and EC2
	// Instance Connect.
	Bastion string
}

// Build declares the environment that a valid config describes. The same
// arguments always give the same stack. What config.Unavailable reports is not
// built: callers refuse it before.
func Build(c config.Config, f aws.Facts, k Keys) *engine.Stack {
	e := environment{Stack: engine.NewStack(c.Name, c.Environment, c.Tags), config: c, facts: f}

	files := storage(e)
	images := registry(e)
	logs := logGroups(e)

	net := network(e)
	doors := securityGroups(e, net)

	zone := dns(e)
	cert := certificate(e, zone)
	lb := loadBalancer(e, net, doors, cert)
	aliases(e, zone, lb)

	db := database(e, net, doors, logs)
	mail := alerts(e)
	roles := permissions(e, files, images, logs, lb, db, mail)
	app := compute(e, net, doors, lb, roles, logs, db)
	bastion(e, net, doors, roles, k)

	watch := monitoring(e, lb, db, mail)
	delivery(e, app, lb, roles, watch, mail)
	ci(e, files, images, mail)
	return e.Stack
}
