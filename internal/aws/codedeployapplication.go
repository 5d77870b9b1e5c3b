package aws

import "github.com/keyedin-app/keyedin-infra/internal/engine"

// Application is a CodeDeploy application: the name that deployment groups and
// revisions are filed under.
type Application struct {
	// Name has 1 to 100 characters.
	Name string `json:"name"`
	// Platform is PlatformServer or PlatformECS.
	Platform string `json:"platform"`
}

// Compute platforms of CodeDeploy.
const (
	PlatformServer = "Server"
	PlatformECS    = "ECS"
)

// Kind implements engine.Spec.
func (Application) Kind() string { return "codedeploy-application" }

// Fixed implements engine.Fixer.
func (Application) Fixed() []string { return []string{"name", "platform"} }

// ApplicationARN is the application's ARN.
func ApplicationARN(r engine.Ref[Application]) engine.Value[string] {
	return engine.Attr[string](r, "arn")
}
