package config

import (
	"fmt"
	"net/netip"
	"strings"

	"go4.org/netipx"
)

func (k *checker) network() {
	k.cidr()
	// A load balancer and an Aurora cluster need subnets in two zones; more than three
	// zones are not offered everywhere.
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-subnets.html
	// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.CreateVPC.html
	if zones := k.Network.Zones; zones < 2 || zones > 3 {
		why := "a load balancer and Aurora need two zones"
		if zones > 3 {
			why = "Aurora's storage lies in three zones, and most regions have no more"
		}
		k.fault("network.zones", fmt.Sprintf("network.zones must be 2 or 3, not %d: %s", zones, why), "")
	}
	k.text("network.nat", "network.nat", k.Network.NAT)
}

func (k *checker) cidr() {
	const path = "network.cidr"
	value := k.Network.CIDR
	vpc, err := netip.ParsePrefix(value)
	switch {
	case err != nil || !vpc.Addr().Is4():
		k.fault(path, fmt.Sprintf("%s must be an IPv4 range from /16 to /23, not %s", path, quote(value)), cidrHint(value, "/16"))
	case vpc.Masked() != vpc:
		k.fault(path, fmt.Sprintf("%s has bits set after the first %d: it is an address, not a range", path, vpc.Bits()), didYouMean(vpc.Masked().String()))
	case vpc.Bits() < 16:
		k.fault(path, fmt.Sprintf("%s is too large: AWS takes a VPC of /16 at most", path), didYouMean(netip.PrefixFrom(vpc.Addr(), 16).String()))
	case vpc.Bits()+slotBits > 27:
		k.fault(path, fmt.Sprintf("%s is too small: it is cut into 16 subnets, and a load balancer needs a /27, so a /23 is the least", path),
			didYouMean(netip.PrefixFrom(vpc.Addr(), 23).Masked().String()))
	default:
		k.reserved(vpc)
	}
}

// reserved refuses ranges in which nothing would work.
// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
func (k *checker) reserved(vpc netip.Prefix) {
	for _, r := range []struct{ cidr, why string }{
		{"0.0.0.0/8", "is not routable"},
		{"127.0.0.0/8", "is the machine itself"},
		{"169.254.0.0/16", "is link-local: instances reach their metadata there"},
		{"172.17.0.0/16", "is Docker's own bridge on every instance"},
		{"224.0.0.0/3", "is multicast or reserved"},
	} {
		if vpc.Overlaps(netip.MustParsePrefix(r.cidr)) {
			k.fault("network.cidr", fmt.Sprintf("network.cidr overlaps %s, which %s", r.cidr, r.why), didYouMean("10.0.0.0/16"))
			return
		}
	}
}

func (k *checker) bastion() {
	if k.text("bastion.type", "bastion.type", k.Bastion.Type) && k.Bastion.Type != "none" {
		k.runsLinux("bastion.type", k.Bastion.Type)
	}
	k.count("bastion.allow", len(k.Bastion.Allow))
	var before netipx.IPSetBuilder
	for i, value := range k.Bastion.Allow {
		k.allow(fmt.Sprintf("bastion.allow[%d]", i), value, &before)
	}
}

// allow checks one range against its rule and those before it.
func (k *checker) allow(path, value string, before *netipx.IPSetBuilder) {
	r, err := netip.ParsePrefix(value)
	switch {
	case err != nil:
		k.fault(path, fmt.Sprintf("%s must be an IPv4 range such as 203.0.113.0/24, not %s", path, quote(value)), cidrHint(value, "/32"))
		return
	case r.Addr().Is6():
		k.fault(path, fmt.Sprintf("%s is IPv6, which the VPC does not have", path), "name an IPv4 range, or use Session Manager: allow: []")
		return
	case r.Bits() < 8:
		k.fault(path, fmt.Sprintf("%s lets nearly everyone in (%s)", path, value), "name your own ranges; to come from anywhere use Session Manager: allow: []")
		return
	case r.Masked() != r:
		k.fault(path, fmt.Sprintf("%s has bits set after the first %d: it is an address, not a range", path, r.Bits()),
			didYouMean(r.Masked().String())+" one address: "+r.Addr().String()+"/32")
		return
	}
	set, err := before.IPSet()
	if err == nil && set.ContainsPrefix(r) {
		k.fault(path, fmt.Sprintf("%s is allowed already by a range above", path), "delete it")
	}
	before.AddPrefix(r)
}

// cidrHint proposes a range for an address without its length.
func cidrHint(value, length string) string {
	value = strings.TrimSpace(value)
	if a, err := netip.ParseAddr(value); err == nil && a.Is4() {
		p, err := netip.ParsePrefix(value + length)
		if err == nil {
			return didYouMean(p.Masked().String())
		}
	}
	return ""
}
