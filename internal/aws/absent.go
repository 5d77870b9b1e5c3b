package aws

import (
	"net/netip"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// exists takes "is there already" for success.
func exists(err error) error {
	if Classify(err) == engine.Conflict {
		return nil
	}
	return err
}

func isIPv6(cidr string) bool {
	p, err := netip.ParsePrefix(cidr)
	return err == nil && p.Addr().Is6()
}
