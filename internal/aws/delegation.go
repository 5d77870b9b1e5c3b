package aws

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"time"
)

// Delegation asks the public DNS for a domain's name servers. ok is false when
// it could not be found out; a domain that nobody has delegated has none.
type Delegation func(ctx context.Context, domain string) (servers []string, ok bool)

// lookupPatience is how long a resolver may take.
const lookupPatience = 2 * time.Second

// publicDelegation asks this machine's resolvers. They remember an answer for a
// while, so what they say is a hint to people and nothing more.
func publicDelegation(ctx context.Context, domain string) (servers []string, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, lookupPatience)
	defer cancel()
	found, err := net.DefaultResolver.LookupNS(ctx, domain+".")
	var refusal *net.DNSError
	if err != nil {
		return nil, errors.As(err, &refusal) && refusal.IsNotFound
	}
	for _, ns := range found {
		servers = append(servers, plainName(ns.Host))
	}
	return servers, true
}

// undelegated says what a person has to do when the public DNS sends nobody to
// the zone, in which nothing is seen then; "" when it does, or nobody knows.
func (c *Clients) undelegated(ctx context.Context, domain string, zoneServers []string) string {
	if c.Delegation == nil || len(zoneServers) == 0 {
		return ""
	}
	now, ok := c.Delegation(ctx, domain)
	if !ok || slices.ContainsFunc(now, func(s string) bool { return slices.Contains(zoneServers, plainName(s)) }) {
		return ""
	}
	return "at the registrar of " + domain + ", set the name servers " + strings.Join(zoneServers, ", ") +
		"; the certificate is issued some minutes after that"
}
