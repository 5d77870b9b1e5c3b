package cli

import (
	"context"

	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// quotas makes problems of a plan out of the quotas that would end it in the
// middle, before anything is made.
func (e *environment) quotas(ctx context.Context, p *engine.Plan) {
	n, first := e.needs(p)
	if n.Empty() {
		return
	}
	for _, s := range e.clients.Shortages(ctx, n) {
		p.Problems = append(p.Problems, engine.Note{Address: first, Text: s.String()})
	}
}

// needs is what a plan makes of what AWS counts, and the address of one that
// needs it.
func (e *environment) needs(p *engine.Plan) (n aws.Needs, first string) {
	for _, c := range p.Changes {
		if c.Action != engine.Create {
			continue
		}
		before := n.Empty()
		switch c.Kind() {
		case aws.VPC{}.Kind():
			n.VPCs++
		case aws.LoadBalancer{}.Kind():
			n.Balancers++
		case aws.Instance{}.Kind():
			n.OnDemand = append(n.OnDemand, aws.Launch{Count: 1, Types: []string{e.config.Bastion.Type}})
		case aws.AutoScalingGroup{}.Kind():
			i := e.config.App.Instances
			always := min(i.OnDemand, i.Min)
			n.OnDemand = append(n.OnDemand, aws.Launch{Count: always, Types: i.Types})
			n.Spot = append(n.Spot, aws.Launch{Count: i.Min - always, Types: i.Types})
		}
		if before && !n.Empty() {
			first = c.Address
		}
	}
	return n, first
}
