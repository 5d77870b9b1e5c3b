package aws

import (
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Instance is one machine that is nobody's herd: the bastion. What it was made
// from (image, user data) is not held against it later: a newer image must not
// replace the bastion under those who work on it, and cloud-init reads user data
// at the first boot only. Both count when the instance is next made.
type Instance struct {
	// Name is the tag "Name", which consoles show.
	Name  string `json:"name"`
	Image string `json:"image"`
	// Type is an EC2 instance type.
	Type           string                                `json:"type"`
	Subnet         engine.Ref[Subnet]                    `json:"subnet"`
	SecurityGroups engine.Set[engine.Ref[SecurityGroup]] `json:"security-groups"`
	Profile        engine.Ref[InstanceProfile]           `json:"profile"`
	// Key is the name of a key pair.
	Key      engine.Value[string] `json:"key,omitzero"`
	UserData engine.Value[string] `json:"user-data"`
	// PublicIP gives it a public address, which a stop and start changes.
	PublicIP bool     `json:"public-ip"`
	Disk     Disk     `json:"disk"`
	Metadata Metadata `json:"metadata"`
	// After is what must be there first: the way to the internet.
	After engine.After `json:"$after,omitempty"`
}

// InstancePublicIP is the instance's public address.
func InstancePublicIP(r engine.Ref[Instance]) engine.Value[string] {
	return engine.Attr[string](r, "public-ip")
}

// Kind implements engine.Spec.
func (Instance) Kind() string { return "instance" }

// Fixed implements engine.Fixer. The type could be changed in place too, but
// only while the instance is stopped, which is no shorter.
func (Instance) Fixed() []string {
	return []string{"type", "subnet", "key", "public-ip", "disk"}
}

// Owners implements engine.Owned.
func (Instance) Owners() map[string]engine.Owner {
	return map[string]engine.Owner{"image": engine.OwnerAWS, "user-data": engine.OwnerAWS}
}

// Identity implements engine.Identified.
func (Instance) Identity() engine.Class { return engine.Tokened }

// Timing implements engine.Timed.
func (Instance) Timing() engine.Timing {
	return engine.Timing{Create: time.Minute, Delete: time.Minute, GiveUp: 10 * time.Minute}
}

// Effect implements engine.Affecting.
func (i Instance) Effect(changed engine.Fields) engine.Effect {
	if changed.Has(i.Fixed()...) {
		return engine.Effect{Level: engine.Degraded, Text: "open sessions and tunnels through it are cut, and its address changes"}
	}
	return engine.Effect{}
}
