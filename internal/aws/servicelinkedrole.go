package aws

import (
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// ServiceLinkedRole lets a service act in this account. There is one for each
// service, and AWS names it.
type ServiceLinkedRole struct {
	// Service is the principal, such as SpotService.
	Service string `json:"service"`
}

// SpotService starts spot instances; without its role a group that asks for
// them only ever reports failed launches.
const SpotService = "spot.amazonaws.com"

// Kind implements engine.Spec.
func (ServiceLinkedRole) Kind() string { return "service-linked-role" }

// Fixed implements engine.Fixer.
func (ServiceLinkedRole) Fixed() []string { return []string{"service"} }

// Keeps implements engine.Kept.
func (ServiceLinkedRole) Keeps() string {
	return "it belongs to the account, and whatever else uses the service needs it"
}

// NoTags implements engine.Untagged.
func (ServiceLinkedRole) NoTags() {}
