package config

import "net/netip"

// slots is how many subnets of equal size a VPC is cut into: one bit more than
// eight zones, public and private, so that a zone added later moves nothing.
const (
	slotBits     = 4
	firstPrivate = 8
)

// Subnets are the ranges of the public and the private subnets, one of each a
// zone. A subnet's place follows from its kind and its zone alone, so changing
// the number of zones never moves one. Both are nil when the network's range is
// no valid one, which Parse refuses.
func (c Config) Subnets() (public, private []netip.Prefix) {
	vpc, err := netip.ParsePrefix(c.Network.CIDR)
	if err != nil || !vpc.Addr().Is4() || vpc.Bits()+slotBits > 32 || c.Network.Zones > firstPrivate {
		return nil, nil
	}
	for zone := range c.Network.Zones {
		public = append(public, slot(vpc, zone))
		private = append(private, slot(vpc, firstPrivate+zone))
	}
	return public, private
}

// slot is the n-th of the 16 equal parts of the VPC.
func slot(vpc netip.Prefix, n int) netip.Prefix {
	bits := vpc.Bits() + slotBits
	b := vpc.Masked().Addr().As4()
	base := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	base += uint32(n) << (32 - bits)
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(base >> 24), byte(base >> 16), byte(base >> 8), byte(base)}), bits)
}
