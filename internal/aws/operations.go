package aws

import (
	"strings"
)

// Operation is a call that this package or one of the operations (session)
// makes, and the IAM actions it takes.
type Operation struct {
	// Service is the prefix of IAM actions, such as ec2; Name is the SDK's name.
	Service, Name string
	Actions       []string
}

// Operations are all of these calls, sorted.
func Operations() []Operation {
	var all []Operation
	for line := range strings.Lines(operations) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		service, name, _ := strings.Cut(words[0], ":")
		o := Operation{Service: service, Name: name, Actions: words[1:]}
		if len(o.Actions) == 0 {
			o.Actions = []string{words[0]}
		}
		all = append(all, o)
	}
	return all
}

// servicePrefix is the prefix of a service's IAM actions, by the SDK's name of
// the service.
func servicePrefix(service string) string {
	switch service {
	case "Auto Scaling":
		return "autoscaling"
	case "CloudWatch Logs":
		return "logs"
	case "Elastic Load Balancing v2":
		return "elasticloadbalancing"
	case "Route 53":
		return "route53"
	case "Secrets Manager":
		return "secretsmanager"
	case "Service Quotas":
		return "servicequotas"
	case "Resource Groups Tagging API":
		return "tag"
	}
	return strings.ToLower(service)
}

// actionsOf are the IAM actions of a call, by the SDK's names.
func actionsOf(service, operation string) []string {
	prefix := servicePrefix(service)
	for _, o := range Operations() {
		if o.Service == prefix && o.Name == operation {
			return o.Actions
		}
	}
	return []string{prefix + ":" + operation}
}
