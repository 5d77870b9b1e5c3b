package architecture

import (
	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// validationTTL is how many seconds resolvers may keep a validation record.
const validationTTL = 300

// certificate is one for both names, proven by a record for each in the zone.
// The records stay: ACM renews the certificate by them.
func certificate(e environment, zone engine.Ref[aws.HostedZone]) engine.Ref[aws.Certificate] {
	e.Module("certificate")
	var names engine.Set[string]
	for _, h := range e.hosts() {
		names = append(names, h.domain)
	}
	cert := engine.Add(e.Stack, "main", aws.Certificate{Domain: e.config.Domain, Names: names})
	for _, h := range e.hosts() {
		engine.Add(e.Stack, "validation-"+h.label, aws.Record{
			Zone: zone, Name: aws.ValidationName(cert, h.domain), Type: "CNAME", TTL: validationTTL,
			Values: engine.Set[engine.Value[string]]{aws.ValidationValue(cert, h.domain)},
		})
	}
	return cert
}
