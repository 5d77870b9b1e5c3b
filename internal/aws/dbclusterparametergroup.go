package aws

import "github.com/keyedin-app/keyedin-infra/internal/engine"

// DBClusterParameterGroup is the settings of a cluster's database engine.
type DBClusterParameterGroup struct {
	// Name is 1 to 255 lower-case letters, digits and single hyphens. Put the
	// major version into it: a major upgrade needs the new group beside the old.
	Name string `json:"name"`
	// Family is the engine with its major version, such as aurora-mysql8.0.
	Family      string `json:"family"`
	Description string `json:"description"`
	// Parameters are those that differ from the engine's defaults.
	Parameters map[string]string `json:"parameters"`
}

// Kind implements engine.Spec.
func (DBClusterParameterGroup) Kind() string { return "db-cluster-parameter-group" }

// Fixed implements engine.Fixer.
func (DBClusterParameterGroup) Fixed() []string { return []string{"name", "family", "description"} }

// Effect implements engine.Affecting.
func (DBClusterParameterGroup) Effect(changed engine.Fields) engine.Effect {
	if !changed.Has("parameters") {
		return engine.Effect{}
	}
	return engine.Effect{Level: engine.NoEffect, Text: "dynamic parameters act at once, static ones when the database next restarts"}
}
