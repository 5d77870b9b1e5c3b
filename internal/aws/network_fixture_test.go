package aws

import (
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// publicNetwork is what an internet-facing load balancer stands in: a VPC with a
// gateway, and a subnet in each zone.
func publicNetwork(st *engine.Stack, zones ...string) (engine.Ref[VPC], []engine.Ref[Subnet], engine.After) {
	vpc := engine.Add(st, "main", VPC{CIDR: "10.0.0.0/16"})
	gateway := engine.Add(st, "main", InternetGateway{VPC: vpc})
	var subnets []engine.Ref[Subnet]
	for i, zone := range zones {
		subnets = append(subnets, engine.Add(st, "public-"+zone, Subnet{
			VPC: vpc, CIDR: "10.0." + string(rune('0'+i)) + ".0/24", Zone: zone,
		}))
	}
	return vpc, subnets, engine.After{engine.Behind(gateway)}
}
