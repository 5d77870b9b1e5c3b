package architecture

import (
	"strconv"
	"strings"

	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// databaseUser is the master user. It is not "admin", which everyone tries
// first; and it is the same everywhere, as it can never be changed.
const databaseUser = "keyedin"

// database is an Aurora MySQL cluster in the private subnets: a writer, and
// readers in the other zones, in turn.
func database(e environment, net netRefs, doors doorRefs, logs logRefs) engine.Ref[aws.DBCluster] {
	e.Module("database")
	d := e.config.Database
	service := engine.Add(e.Stack, "database", aws.ServiceLinkedRole{Service: aws.RDSService})
	subnets := engine.Add(e.Stack, "main", aws.DBSubnetGroup{
		Name: e.name(), Description: "The private subnets", Subnets: net.private,
		After: engine.After{engine.Behind(service)},
	})
	// The version is in the name, as an upgrade needs the new group beside the old.
	settings := engine.Add(e.Stack, "main", aws.DBClusterParameterGroup{
		Name:   e.name("mysql", strings.ReplaceAll(d.Major(), ".", "-")),
		Family: aws.AuroraMySQL + d.Major(), Description: "Settings of Aurora MySQL " + d.Major(),
		Parameters: parameters(),
	})
	spec := aws.DBCluster{
		Name: e.databaseName(), Engine: aws.AuroraMySQL, Version: d.Version(),
		SubnetGroup: subnets, ParameterGroup: settings,
		SecurityGroups: engine.Set[engine.Ref[aws.SecurityGroup]]{doors.database},
		Encrypted:      true, User: databaseUser, ManagedPassword: true,
		BackupDays: d.BackupDays, DeletionProtection: d.Protect,
		LogExports: databaseLogs(), IAMAuth: true, CopyTags: true, Port: portMySQL,
		After: logs.database,
	}
	class := d.Class
	if d.Serverless != nil {
		class = "db.serverless"
		spec.Serverless = aws.Capacity{Min: d.Serverless.Min, Max: d.Serverless.Max}
	}
	cluster := engine.Add(e.Stack, "main", spec)
	instance := func(name string, place, tier int) {
		engine.Add(e.Stack, name, aws.DBInstance{
			Name: e.name(name), Cluster: cluster, Class: class, AutoMinor: true,
			Zone: e.facts.Zones[place%e.config.Network.Zones], PromotionTier: tier,
		})
	}
	instance("writer", 0, 0)
	for n := 1; n <= d.Readers; n++ {
		instance("reader-"+strconv.Itoa(n), n, 1)
	}
	return cluster
}

// databaseName is the cluster's name; RDS names its log groups after it.
func (e environment) databaseName() string { return e.name() }

// databaseLogs are the logs that RDS copies to CloudWatch.
func databaseLogs() engine.Set[string] { return engine.Set[string]{"error", "slowquery"} }

// parameters are what we want otherwise than Aurora MySQL has it: connections
// that are not encrypted are refused, text is all of Unicode compared as
// Laravel expects it, and queries of a second and more are logged.
// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Reference.ParameterGroups.html
func parameters() map[string]string {
	return map[string]string{
		"require_secure_transport": "ON",
		"character_set_server":     "utf8mb4",
		"collation_server":         "utf8mb4_unicode_ci",
		"slow_query_log":           "1",
		"long_query_time":          "1",
		"log_output":               "FILE",
	}
}
