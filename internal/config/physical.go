package config

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// digestLength is the number of hexadecimal digits that tell shortened names apart.
const digestLength = 8

// Physical is the name of an object in AWS: the parts that are not empty, joined
// with hyphens. Where that is longer than limit characters, or is no valid name
// everywhere (two hyphens in a row, a hyphen at either end, the load balancers'
// reserved "internal-", characters other than letters, digits and hyphens), it is
// mended and ends in a digest of the parts, so that two names never become one.
// The same parts always give the same name. A limit under 10 gives the digest
// alone, cut to the limit.
//
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html
func Physical(limit int, parts ...string) string {
	given := make([]string, 0, len(parts))
	for _, p := range parts {
		if p != "" {
			given = append(given, p)
		}
	}
	plain := strings.Join(given, "-")
	name := mend(plain)
	if name == plain && name != "" && len(name) <= limit {
		return name
	}
	sum := sha256.Sum256([]byte(strings.Join(given, "\x00")))
	digest := hex.EncodeToString(sum[:])[:digestLength]
	room := limit - digestLength - 1
	if room < 1 {
		return digest[:max(0, min(limit, digestLength))]
	}
	head := strings.TrimRight(name[:min(room, len(name))], "-")
	if head == "internal" {
		head = "int"
	}
	if head == "" {
		return digest
	}
	return head + "-" + digest
}

// mend makes a name valid everywhere, whatever its length.
func mend(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, s)
	words := strings.FieldsFunc(s, func(r rune) bool { return r == '-' })
	if len(words) > 1 && words[0] == "internal" {
		words[0] = "int"
	}
	return strings.Join(words, "-")
}
