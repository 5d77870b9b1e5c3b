package aws

import (
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Role is an IAM role with its one policy, which is written inline under the
// name "keyedin". Roles are global: names are unique in the account.
type Role struct {
	// Name has at most 64 letters, digits and _+=,.@-
	Name string `json:"name"`
	// Path is RolePath(environment).
	Path string `json:"path"`
	// Trust is the service that may take the role, such as ec2.amazonaws.com.
	Trust  string `json:"trust"`
	Policy Policy `json:"policy"`
	// Boundary is the ARN of a policy that limits what the role can ever be
	// allowed; absent: whatever is set in AWS stays.
	Boundary string `json:"boundary,omitzero"`
}

// RolePath is the path of an environment's roles and instance profiles.
func RolePath(environment string) string { return "/keyedin/" + environment + "/" }

// Kind implements engine.Spec.
func (Role) Kind() string { return "role" }

// Fixed implements engine.Fixer.
func (Role) Fixed() []string { return []string{"name", "path"} }

// Timing implements engine.Timed: IAM takes seconds, and sometimes minutes
// until all of AWS knows.
func (Role) Timing() engine.Timing {
	return engine.Timing{Create: 10 * time.Second, Update: 10 * time.Second, Delete: 2 * time.Second, GiveUp: 5 * time.Minute}
}

// Effect implements engine.Affecting.
func (Role) Effect(changed engine.Fields) engine.Effect {
	switch {
	case changed.Has("trust"):
		return engine.Effect{Level: engine.Degraded, Text: "who may take the role changes within seconds: what uses it now loses its permissions when its session ends"}
	case changed.Has("policy", "boundary"):
		return engine.Effect{Text: "what the role may do changes within seconds, for what runs now too"}
	}
	return engine.Effect{}
}

// RoleARN is the role's ARN.
func RoleARN(r engine.Ref[Role]) engine.Value[string] { return engine.Attr[string](r, "arn") }
