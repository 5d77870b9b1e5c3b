package architecture

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/keyedin-app/keyedin-infra/internal/config"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// get walks into a document by field names.
func get(d engine.Document, path string) any {
	var v any = map[string]any(d)
	for _, field := range strings.Split(path, ".") {
		m, _ := v.(map[string]any)
		v = m[field]
	}
	return v
}

// every says that each object of a kind has a field as given.
func every(kind, path string, want any) func(declared) error {
	return func(d declared) error {
		docs := d.of(kind)
		if len(docs) == 0 {
			return fmt.Errorf("no %s", kind)
		}
		for address, doc := range docs {
			if got := get(doc, path); got != want {
				return fmt.Errorf("%s: %s is %v, want %v", address, path, got, want)
			}
		}
		return nil
	}
}

// one says so of the object at an address.
func one(address, path string, want any) func(declared) error {
	return func(d declared) error {
		if got := get(d.at(address), path); got != want {
			return fmt.Errorf("%s: %s is %v, want %v", address, path, got, want)
		}
		return nil
	}
}

// least says that a list of an object has at least n items.
func least(address, path string, n int) func(declared) error {
	return func(d declared) error {
		if list, _ := get(d.at(address), path).([]any); len(list) < n {
			return fmt.Errorf("%s: %s is %v, want %d and more", address, path, list, n)
		}
		return nil
	}
}

// The controls of AWS Foundational Security Best Practices that cost nothing.
// https://docs.aws.amazon.com/securityhub/latest/userguide/fsbp-standard.html
func TestSecurityBestPractice(t *testing.T) {
	builds := map[string]declared{
		"launch": build(),
		"other":  build(func(c *config.Config) { c.Bastion.Allow = nil; c.Database.Readers = 2; c.Region = "eu-west-1" }),
		"ci":     build(func(c *config.Config) { c.CI.GitHub, c.Messages = "keyedin-app/shop", []string{"apply", "deploy"} }),
	}
	for _, control := range []struct {
		id    string
		holds func(declared) error
	}{
		{"ACM.1 renewed by records that stay", least("record/validation-apex", "values", 1)},
		{"AutoScaling.1 load balancer's health check", every("auto-scaling-group", "health-check", "ELB")},
		{"AutoScaling.2 several zones", least("auto-scaling-group/application", "subnets", 2)},
		{"AutoScaling.3 IMDSv2", every("launch-template", "metadata.tokens", "required")},
		{"AutoScaling.6 several types", least("auto-scaling-group/application", "types", 2)},
		{"EC2.2 default security group lets nothing in", every("default-security-group", "ingress", nil)},
		{"EC2.2 default security group lets nothing out", every("default-security-group", "egress", nil)},
		{"EC2.3 disks encrypted", every("instance", "disk.encrypted", true)},
		{"EC2.8 IMDSv2", every("instance", "metadata.tokens", "required")},
		{"EC2.15 subnets give no public addresses", every("subnet", "public-ip", false)},
		{"EC2.18 open to anyone on 80 and 443 only", openOnlyFor("load-balancer", 80, 443)},
		{"EC2.19 nothing else open to anyone", noOtherOpen("load-balancer")},
		{"EC2.170 IMDSv2 in templates", every("launch-template", "metadata.tokens", "required")},
		{"EC2.181 disks of templates encrypted", every("launch-template", "disk.encrypted", true)},
		{"ECR.1 scan on push", every("repository", "scan-on-push", true)},
		{"ECR.2 immutable tags", every("repository", "immutable", true)},
		{"ECR.3 lifecycle policy", every("repository", "keep", float64(keptImages))},
		{"ELB.1 http redirects", one("listener/http", "redirect", true)},
		{"ELB.4 invalid headers dropped", every("load-balancer", "drop-invalid-headers", true)},
		{"ELB.6 deletion protection", every("load-balancer", "deletion-protection", true)},
		{"ELB.12 desync mitigation", every("load-balancer", "desync", "defensive")},
		{"ELB.13 several zones", least("load-balancer/main", "subnets", 2)},
		{"ELB.17 recommended TLS policy", one("listener/https", "policy", "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09")},
		{"IAM.21 no service wildcards", noWildcards},
		{"RDS.2 not public", every("db-instance", "public", false)},
		{"RDS.7 deletion protection", every("db-cluster", "deletion-protection", true)},
		{"RDS.12 IAM authentication", every("db-cluster", "iam-auth", true)},
		{"RDS.13 minor upgrades", every("db-instance", "auto-minor", true)},
		{"RDS.16 tags on snapshots", every("db-cluster", "copy-tags", true)},
		{"RDS.24 user is not the default", one("db-cluster/main", "user", "keyedin")},
		{"RDS.27 encrypted", every("db-cluster", "encrypted", true)},
		{"S3.2 private bucket is private", one("bucket/private", "public-read", false)},
		{"S3.5 TLS only", every("bucket", "tls-only", true)},
		{"S3.12 no access control lists", every("bucket", "ownership", "BucketOwnerEnforced")},
		{"S3.13 lifecycle", least("bucket/private", "lifecycle", 1)},
		{"S3.14 versioned", every("bucket", "versioned", true)},
		{"SecretsManager.1 password kept and rotated by RDS", every("db-cluster", "managed-password", true)},
		{"SNS.4 only services of this account publish", every("topic", "other-statements", nil)},
		{"CloudWatch.17 alarms tell someone", alarmsTell},
		{"TLS to the database", one("db-cluster-parameter-group/main", "parameters.require_secure_transport", "ON")},
		{"HSTS", one("listener/https", "hsts", "max-age=31536000")},
		{"logs end", every("log-group", "days", float64(retention))},
	} {
		t.Run(control.id, func(t *testing.T) {
			for name, d := range builds {
				if err := control.holds(zeroless(d)); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

// zeroless gives absent, null and empty the same look.
func zeroless(d declared) declared {
	for _, a := range d.stack.Addresses() {
		doc := d.at(a)
		for field, v := range doc {
			if list, ok := v.([]any); ok && len(list) == 0 {
				doc[field] = nil
			}
		}
		if doc["public-ip"] == nil {
			doc["public-ip"] = false
		}
	}
	return d
}

// openings are the ports that a group has open to the whole internet.
func openings(doc engine.Document) []float64 {
	var ports []float64
	rules, _ := doc["ingress"].([]any)
	for _, r := range rules {
		if rule := r.(map[string]any); rule["cidr"] == internet {
			for port := rule["from"].(float64); port <= rule["to"].(float64); port++ {
				ports = append(ports, port)
			}
		}
	}
	slices.Sort(ports)
	return ports
}

func openOnlyFor(name string, ports ...float64) func(declared) error {
	return func(d declared) error {
		if got := openings(d.at("security-group/" + name)); !slices.Equal(got, ports) {
			return fmt.Errorf("open to anyone on %v", got)
		}
		return nil
	}
}

func noOtherOpen(but string) func(declared) error {
	return func(d declared) error {
		for address, doc := range d.of("security-group") {
			if address != "security-group/"+but && len(openings(doc)) > 0 {
				return fmt.Errorf("%s is open to anyone on %v", address, openings(doc))
			}
		}
		return nil
	}
}

// anyOnly are the actions that AWS lets nobody limit to a resource, or that
// tell only what is there.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
var anyOnly = []string{
	"ssmmessages:Create", "ssmmessages:Open", "ecr:GetAuthorizationToken", "cloudwatch:PutMetricData",
	"autoscaling:Describe", "cloudwatch:Describe", "ec2:Describe", "elasticloadbalancing:Describe",
	"acm:List", "iam:List", "rds:Describe", "rds:List", "route53:List", "servicequotas:Get",
	"ssm:DescribeInstanceInformation", "ssm:GetCommandInvocation", "ssm:ListCommand",
}

func noWildcards(d declared) error {
	for address, doc := range d.of("role") {
		for _, s := range get(doc, "policy.statements").([]any) {
			statement := s.(map[string]any)
			anything := slices.Contains(statement["resources"].([]any), any("*"))
			for _, a := range statement["actions"].([]any) {
				action := a.(string)
				if strings.Contains(action, "*") {
					return fmt.Errorf("%s: action %s", address, action)
				}
				if anything && !slices.ContainsFunc(anyOnly, func(p string) bool { return strings.HasPrefix(action, p) }) {
					return fmt.Errorf("%s: %s on everything", address, action)
				}
			}
		}
	}
	return nil
}

func alarmsTell(d declared) error {
	for address, doc := range d.of("alarm") {
		if list, _ := doc["actions"].([]any); len(list) != 1 {
			return fmt.Errorf("%s tells %v", address, list)
		}
	}
	return nil
}
