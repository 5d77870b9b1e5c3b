package cli

import (
	"context"

	"golang.org/x/crypto/ssh"

	"github.com/keyedin-app/keyedin-infra/internal/session"
)

// way is a connection to a machine that reaches the database: the bastion, or
// without one the application's longest-serving instance.
func (o *operation) way(ctx context.Context) (*ssh.Client, error) {
	to, name := o.ssh(), session.Bastion
	if o.config.Bastion.Type == "none" {
		name, to.Direct = "", false
	}
	m, err := o.machines().Find(ctx, name)
	if err != nil {
		return nil, o.explain(ctx, err)
	}
	client, err := to.Dial(ctx, m)
	return client, o.explain(ctx, err)
}
