package aws

import (
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// AuroraMySQL is the name RDS gives the engine.
const AuroraMySQL = "aurora-mysql"

// DBCluster is an Aurora cluster: its storage, settings and endpoints. It
// answers once it has a DBInstance.
type DBCluster struct {
	// Name is 1 to 63 lower-case letters, digits and single hyphens, begins with a
	// letter and does not end with a hyphen.
	Name   string `json:"name"`
	Engine string `json:"engine"`
	// Version is a major version such as 8.0, of which AWS's default is made, or a
	// full one. Newer minor versions of the same major are AWS's business.
	Version        string                                `json:"version"`
	SubnetGroup    engine.Ref[DBSubnetGroup]             `json:"subnet-group"`
	ParameterGroup engine.Ref[DBClusterParameterGroup]   `json:"parameter-group"`
	SecurityGroups engine.Set[engine.Ref[SecurityGroup]] `json:"security-groups"`
	// Encrypted is encryption at rest with the account's aws/rds key.
	Encrypted bool   `json:"encrypted"`
	User      string `json:"user"`
	// ManagedPassword has RDS keep and rotate the password in Secrets Manager.
	ManagedPassword bool `json:"managed-password"`
	// BackupDays is 1 to 35.
	BackupDays int `json:"backup-days"`
	// BackupWindow is hh:mm-hh:mm in UTC, of at least 30 minutes; absent: AWS's choice.
	BackupWindow string `json:"backup-window,omitzero"`
	// MaintenanceWindow is ddd:hh:mm-ddd:hh:mm in UTC, of at least 30 minutes, in
	// lower case; absent: AWS's choice.
	MaintenanceWindow  string `json:"maintenance-window,omitzero"`
	DeletionProtection bool   `json:"deletion-protection"`
	// LogExports are audit, error, general, slowquery, instance or iam-db-auth-error.
	LogExports engine.Set[string] `json:"log-exports"`
	IAMAuth    bool               `json:"iam-auth"`
	// CopyTags puts the cluster's tags on its snapshots.
	CopyTags bool `json:"copy-tags"`
	// Serverless is for instances of class db.serverless.
	Serverless Capacity `json:"serverless,omitzero"`
	// Port is 1150 to 65535.
	Port int `json:"port"`
	// After is what must be there first: the groups its logs go to, which RDS would
	// make itself, without an end to what they keep.
	After engine.After `json:"$after,omitempty"`
}

// Capacity is a range of Aurora capacity units (ACU), in steps of a half. Min 0
// lets the database pause.
type Capacity struct {
	Min float64 `json:"min"`
	Max float64 `json:"max"`
}

// Kind implements engine.Spec.
func (DBCluster) Kind() string { return "db-cluster" }

// Fixed implements engine.Fixer.
func (DBCluster) Fixed() []string {
	return []string{"name", "engine", "encrypted", "subnet-group", "user"}
}

// Early implements engine.Eager: an instance can be made as soon as RDS knows
// the cluster.
func (DBCluster) Early() bool { return true }

// Timing implements engine.Timed. A major upgrade takes an hour and more.
func (DBCluster) Timing() engine.Timing {
	return engine.Timing{Create: 2 * time.Minute, Update: 2 * time.Minute, Delete: 8 * time.Minute, GiveUp: 4 * time.Hour}
}

// Loses implements engine.Precious.
func (DBCluster) Loses() string {
	return "the database with its automatic backups; a final snapshot is taken first, and stays"
}

// Moves implements engine.Movable.
// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-restore-snapshot.html
func (DBCluster) Moves() string {
	return "leave this as it was, restore a snapshot or import a dump into a second environment, and move the domain there when it is well"
}

// Refuses implements engine.OneWay.
// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Updates.MajorVersionUpgrade.html
func (DBCluster) Refuses(f engine.FieldChange) string {
	is, _ := f.Before.(string)
	want, _ := f.After.(string)
	if f.Field != "version" || is == "" || want == "" || compareVersions(major(want), major(is)) >= 0 {
		return ""
	}
	return "AWS takes no Aurora version back, and this one is " + is + ". Leave database.engine as it was; to run " + want +
		" again, restore a snapshot of that time into a second environment"
}

// Effect implements engine.Affecting.
// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Modifying.html
func (DBCluster) Effect(changed engine.Fields) engine.Effect {
	switch {
	case changed.Has("version"):
		return engine.Effect{Level: engine.Downtime, Text: "the database restarts on the new version: under a minute for a minor one, 10 to 60 minutes for a major one, which cannot be undone"}
	case changed.Has("port"):
		return engine.Effect{Level: engine.Downtime, Text: "all instances restart on the new port, and clients must use it: about a minute"}
	case changed.Has("managed-password"):
		return engine.Effect{Level: engine.Degraded, Text: "the master password is made anew: read it from the secret again"}
	case changed.Has("parameter-group"):
		return engine.Effect{Level: engine.NoEffect, Text: "dynamic parameters act at once, static ones when the database next restarts"}
	}
	return engine.Effect{}
}

// DBEndpoint is the DNS name of the writer, whichever instance that is.
func DBEndpoint(r engine.Ref[DBCluster]) engine.Value[string] {
	return engine.Attr[string](r, "endpoint")
}

// DBReaderEndpoint is the DNS name that spreads over the readers; without any
// it is the writer.
func DBReaderEndpoint(r engine.Ref[DBCluster]) engine.Value[string] {
	return engine.Attr[string](r, "reader-endpoint")
}

// DBSecretARN is the secret that holds the master user's name and password.
func DBSecretARN(r engine.Ref[DBCluster]) engine.Value[string] {
	return engine.Attr[string](r, "secret-arn")
}

// DBResourceID is the id that rds-db:connect permissions name.
func DBResourceID(r engine.Ref[DBCluster]) engine.Value[string] {
	return engine.Attr[string](r, "resource-id")
}

// DBClusterARN is the cluster's ARN.
func DBClusterARN(r engine.Ref[DBCluster]) engine.Value[string] {
	return engine.Attr[string](r, "arn")
}
