package aws

import (
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// InstanceProfile hands a role to EC2 instances.
type InstanceProfile struct {
	// Name has at most 128 letters, digits and _+=,.@-
	Name string `json:"name"`
	// Path is RolePath(environment).
	Path string           `json:"path"`
	Role engine.Ref[Role] `json:"role"`
}

// Kind implements engine.Spec.
func (InstanceProfile) Kind() string { return "instance-profile" }

// Fixed implements engine.Fixer.
func (InstanceProfile) Fixed() []string { return []string{"name", "path"} }

// Timing implements engine.Timed.
func (InstanceProfile) Timing() engine.Timing {
	return engine.Timing{Create: 10 * time.Second, Update: 10 * time.Second, Delete: 2 * time.Second, GiveUp: 5 * time.Minute}
}

// Effect implements engine.Affecting: a profile holds one role, which must go
// before the next can come.
func (InstanceProfile) Effect(changed engine.Fields) engine.Effect {
	if changed.Has("role") {
		return engine.Effect{Level: engine.Degraded, Text: "running servers change to the new role's permissions within minutes, and may be refused by AWS for a moment"}
	}
	return engine.Effect{}
}

// InstanceProfileARN is the profile's ARN.
func InstanceProfileARN(r engine.Ref[InstanceProfile]) engine.Value[string] {
	return engine.Attr[string](r, "arn")
}
