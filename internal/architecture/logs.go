package architecture

import (
	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// retention is how many days logs stay.
const retention = 30

// logRefs are the log groups. What writes to one comes after it and goes before
// it, or AWS would make it again, without an end to what it keeps.
type logRefs struct {
	application, system engine.Ref[aws.LogGroup]
	// names of the two, for the scripts of instances.
	applicationName, systemName string
	// database is the edge to those that RDS writes to.
	database engine.After
}

func logGroups(e environment) logRefs {
	e.Module("logs")
	add := func(address, name string) engine.Ref[aws.LogGroup] {
		return engine.Add(e.Stack, address, aws.LogGroup{Name: name, Days: retention})
	}
	logs := logRefs{applicationName: e.path("application"), systemName: e.path("system")}
	logs.application = add("application", logs.applicationName)
	logs.system = add("system", logs.systemName)
	for _, kind := range databaseLogs() {
		group := add("database-"+kind, e.databaseLog(kind))
		logs.database = append(logs.database, engine.Behind(group))
	}
	return logs
}

// databaseLog is the log group that RDS writes a kind of the cluster's logs to.
// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Integrating.CloudWatch.html
func (e environment) databaseLog(kind string) string {
	return "/aws/rds/cluster/" + e.databaseName() + "/" + kind
}
