package aws

import "github.com/keyedin-app/keyedin-infra/internal/engine"

// Kinds is every kind of object an environment is made of: one line a kind.
func Kinds(c *Clients) []engine.Kind {
	return []engine.Kind{
		// network
		engine.Use(vpcs{c}),
		// security groups
		// load balancer, certificate, dns
		// permissions
		// compute
		// database
		// registry, storage, delivery, monitoring
	}
}
