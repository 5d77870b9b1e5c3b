package config

import "net/netip"

// Unavailable are the keys whose value is valid but not built yet. Each names the
// key, its place in the file, and what to set instead; plan refuses them.
func (c Config) Unavailable() []Fault {
	var list []Fault
	for _, f := range []struct{ path, value, instead string }{
		{"network.nat", c.Network.NAT, "none"},
		{"app.runtime", c.App.Runtime, "ec2"},
		{"app.subnets", c.App.Subnets, "public"},
		{"monitoring", c.Monitoring, "basic"},
	} {
		if f.value != f.instead {
			list = append(list, c.Origin.fault(c.Origin.at(f.path), f.path,
				f.path+": "+f.value+" is not available yet", "set "+f.path+" to "+f.instead))
		}
	}
	return sortFaults(list)
}

// Notices are what people should know about values that are accepted: costs that
// surprise, and ends of life.
func (c Config) Notices() []Fault {
	var list []Fault
	notice := func(path, message, hint string) {
		list = append(list, c.Origin.fault(c.Origin.at(path), path, message, hint))
	}
	if c.Database.Major() == "5.7" {
		// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/extended-support.html
		notice("database.engine", "Aurora MySQL 5.7 has been out of standard support since 31 October 2024: AWS charges Extended Support for every vCPU and hour, and upgrades the database by itself when that ends",
			"set database.engine to aurora-mysql-8.0")
	}
	if c.Network.NAT != "none" && c.App.Subnets == "public" {
		notice("network.nat", "NAT gateways cost by the hour, and nothing uses them while app.subnets is public", "set network.nat to none")
	}
	if vpc, err := netip.ParsePrefix(c.Network.CIDR); err == nil && !vpc.Addr().IsPrivate() {
		notice("network.cidr", "network.cidr is outside the private ranges of RFC 1918: the real owners of these addresses can't be reached from the VPC", "such as 10.0.0.0/16")
	}
	return sortFaults(list)
}
