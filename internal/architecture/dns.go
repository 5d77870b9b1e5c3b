package architecture

import (
	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// dns is the zone of the domain. Its name servers are for the registrar.
func dns(e environment) engine.Ref[aws.HostedZone] {
	e.Module("dns")
	return engine.Add(e.Stack, "main", aws.HostedZone{Name: e.config.Domain})
}

// host is one of the two names the application answers to; the label is its
// part in addresses.
type host struct{ label, domain string }

func (e environment) hosts() []host {
	return []host{{"apex", e.config.Domain}, {"www", "www." + e.config.Domain}}
}

// aliases point both names at the load balancer.
func aliases(e environment, zone engine.Ref[aws.HostedZone], lb balancerRefs) {
	e.Module("dns")
	for _, h := range e.hosts() {
		engine.Add(e.Stack, h.label, aws.Record{
			Zone: zone, Name: engine.Known(h.domain), Type: "A",
			Alias: aws.Alias{DNS: aws.LoadBalancerDNS(lb.balancer), ZoneID: aws.LoadBalancerZone(lb.balancer)},
		})
	}
}
