package architecture

import "github.com/keyedin-app/keyedin-infra/internal/config"

// Names is what the environment's things are called in AWS, as far as the
// config alone decides: for what works on a running environment and has no need
// of its stack.
type Names struct {
	// Project and Environment are the values of the tags with these names.
	Project, Environment string
	// Application is the CodeDeploy application, and its one deployment group.
	Application string
	// Group is the Auto Scaling group of the instances.
	Group string
	// Balancer is the load balancer's name, and its target group's.
	Balancer string
	// InstanceProfile is what the application's instances run with.
	InstanceProfile string
	// Database is the identifier of the Aurora cluster.
	Database string
	// Repositories are the ECR repositories of the images.
	Repositories []string
	// Bucket is the private bucket; releases are under Releases in it, which ends
	// in a slash. PublicBucket is the one of files anyone may read.
	Bucket, Releases, PublicBucket string
	// Parameters is where the application's environment is in the Parameter
	// Store: a parameter a variable, right under it. It begins with a slash and
	// does not end in one.
	Parameters string
	// Webhooks is where the addresses of webhooks are, as the variables are in
	// Parameters, but out of the application's sight.
	Webhooks string
	// Logs and SystemLogs are the log groups of the containers and the machines,
	// DatabaseLogs those that RDS writes.
	Logs, SystemLogs string
	DatabaseLogs     []string
	// Alerts is the name of the topic that people hear of failures through.
	Alerts string
	// PlanRole and DeployRole are what the workflows of ci.github take.
	PlanRole, DeployRole string
	// Namespace is where the instances' own metrics are.
	Namespace string
}

// NamesOf are the names that Build gives.
func NamesOf(c config.Config) Names {
	e := environment{config: c}
	n := Names{
		Project: c.Name, Environment: c.Environment,
		Application: e.name(), Group: e.groupName(), Balancer: e.short(balancerName),
		InstanceProfile: e.short(roleName, "instance"),
		Database:        e.databaseName(), Repositories: c.App.Repositories,
		Bucket: c.Storage.Private, Releases: releases, PublicBucket: c.Storage.Public,
		PlanRole: e.short(roleName, planRole), DeployRole: e.short(roleName, deployRole),
		Webhooks: e.webhooks(), Parameters: e.path(), Logs: e.path("application"), SystemLogs: e.path("system"),
		Alerts: e.name("alerts"), Namespace: e.namespace(),
	}
	for _, kind := range databaseLogs() {
		n.DatabaseLogs = append(n.DatabaseLogs, e.databaseLog(kind))
	}
	return n
}
