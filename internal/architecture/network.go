package architecture

import (
	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// internet is every IPv4 address.
const internet = "0.0.0.0/0"

// netRefs is the VPC, cut into a public and a private subnet in each zone.
type netRefs struct {
	vpc             engine.Ref[aws.VPC]
	public, private engine.Set[engine.Ref[aws.Subnet]]
	// reachable is the edge to what connects the public subnets to the internet:
	// nothing in them works before it, and it cannot be taken away before them.
	reachable engine.After
}

func network(e environment) netRefs {
	e.Module("network")
	net := netRefs{vpc: engine.Add(e.Stack, "main", aws.VPC{CIDR: e.config.Network.CIDR, DNSHostnames: true})}
	engine.Add(e.Stack, "main", aws.DefaultSecurityGroup{VPC: net.vpc})
	gateway := engine.Add(e.Stack, "main", aws.InternetGateway{VPC: net.vpc})

	// Instances that need a public address ask for it themselves, so that nothing
	// has one by accident.
	public, private := e.config.Subnets()
	var tables engine.Set[engine.Ref[aws.RouteTable]]
	for i, letter := range e.zones() {
		net.public = append(net.public, engine.Add(e.Stack, "public-"+letter, aws.Subnet{
			VPC: net.vpc, CIDR: public[i].String(), Zone: e.facts.Zones[i],
		}))
		inner := engine.Add(e.Stack, "private-"+letter, aws.Subnet{
			VPC: net.vpc, CIDR: private[i].String(), Zone: e.facts.Zones[i],
		})
		net.private = append(net.private, inner)
		// A table each, as each zone can get a NAT gateway of its own.
		tables = append(tables, engine.Add(e.Stack, "private-"+letter, aws.RouteTable{
			VPC: net.vpc, Subnets: engine.Set[engine.Ref[aws.Subnet]]{inner},
		}))
	}
	outer := engine.Add(e.Stack, "public", aws.RouteTable{
		VPC: net.vpc, Subnets: net.public,
		Routes: engine.Set[aws.Route]{{To: internet, Gateway: gateway}},
	})
	net.reachable = engine.After{engine.Behind(gateway), engine.Behind(outer)}

	// Free, and what goes to S3 does not leave AWS's network.
	engine.Add(e.Stack, "s3", aws.VPCEndpoint{
		VPC: net.vpc, Service: "com.amazonaws." + e.config.Region + ".s3", RouteTables: append(tables, outer),
	})
	return net
}
