package aws

import "github.com/keyedin-app/keyedin-infra/internal/engine"

// Repository is a place for container images, encrypted by ECR's own key.
type Repository struct {
	// Name is 2 to 256 lower-case letters, digits, and single . _ - / between them.
	Name string `json:"name"`
	// Immutable forbids a tag to be moved to another image.
	Immutable bool `json:"immutable"`
	// ScanOnPush looks for known vulnerabilities in each image that is pushed.
	ScanOnPush bool `json:"scan-on-push"`
	// Keep is how many images stay, the newest; images without a tag stay for 7
	// days. 0 keeps everything.
	Keep int `json:"keep"`
}

// Kind implements engine.Spec.
func (Repository) Kind() string { return "repository" }

// Fixed implements engine.Fixer.
func (Repository) Fixed() []string { return []string{"name"} }

// Loses implements engine.Precious.
func (Repository) Loses() string { return "all images in it, those that run now among them" }

// Effect implements engine.Affecting.
func (Repository) Effect(changed engine.Fields) engine.Effect {
	if changed.Has("keep") {
		return engine.Effect{Level: engine.NoEffect, Text: "images beyond the number kept go within a day"}
	}
	return engine.Effect{}
}

// RepositoryARN is what permissions name.
func RepositoryARN(r engine.Ref[Repository]) engine.Value[string] {
	return engine.Attr[string](r, "arn")
}

// RepositoryURI is what docker pull and push take, without a tag.
func RepositoryURI(r engine.Ref[Repository]) engine.Value[string] {
	return engine.Attr[string](r, "uri")
}
