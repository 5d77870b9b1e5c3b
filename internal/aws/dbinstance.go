package aws

import (
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// DBInstance is a machine of an Aurora cluster. Which of them is the writer
// is the cluster's business, and moves.
type DBInstance struct {
	// Name is 1 to 63 lower-case letters, digits and single hyphens, begins with a
	// letter and does not end with a hyphen.
	Name    string                `json:"name"`
	Cluster engine.Ref[DBCluster] `json:"cluster"`
	// Class is such as db.t3.medium, or db.serverless.
	Class string `json:"class"`
	// Zone is the availability zone; absent: AWS's choice.
	Zone string `json:"zone,omitzero"`
	// PromotionTier is 0 to 15: the lowest becomes the writer at a failover.
	PromotionTier int `json:"promotion-tier"`
	// AutoMinor lets AWS install minor versions in the maintenance window.
	AutoMinor bool `json:"auto-minor"`
	// Public gives the instance an address on the internet.
	Public bool `json:"public"`
}

// Kind implements engine.Spec.
func (DBInstance) Kind() string { return "db-instance" }

// Fixed implements engine.Fixer.
func (DBInstance) Fixed() []string { return []string{"name", "cluster", "zone"} }

// Timing implements engine.Timed.
func (DBInstance) Timing() engine.Timing {
	return engine.Timing{Create: 10 * time.Minute, Update: 10 * time.Minute, Delete: 6 * time.Minute, GiveUp: 2 * time.Hour}
}

// Effect implements engine.Affecting.
// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Modifying.html
func (DBInstance) Effect(changed engine.Fields) engine.Effect {
	switch {
	case changed.Has("class"):
		return engine.Effect{Level: engine.Downtime, Text: "the instance restarts in its new class: the database is away for 1 to 2 minutes, about 30 s when a reader takes over"}
	case changed.Has("public"):
		return engine.Effect{Level: engine.Degraded, Text: "the address its name resolves to changes: open connections may drop"}
	}
	return engine.Effect{}
}

// DBInstanceEndpoint is the DNS name of this very instance.
func DBInstanceEndpoint(r engine.Ref[DBInstance]) engine.Value[string] {
	return engine.Attr[string](r, "endpoint")
}
