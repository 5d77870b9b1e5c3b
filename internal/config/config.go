// Package config knows keyedin.yaml: its keys, their defaults, AWS's limits on
// their values, and how to tell a person what is wrong with the file. It does
// not know what is built from a config, calls no AWS and prints nothing.
package config

// Config is one environment as its keyedin.yaml describes it, with the default
// of every key that the file leaves out.
type Config struct {
	// Name is the project; the names of everything in AWS begin with it.
	Name string `yaml:"name"`
	// Environment is one running copy of the project, such as production.
	Environment string `yaml:"environment"`
	// Region is the AWS region everything is built in.
	Region string `yaml:"region"`
	// Profile is the AWS credentials profile; AWS_* variables win over it.
	Profile string `yaml:"profile"`
	// Account is the only AWS account that may be touched; empty: any.
	Account string `yaml:"account"`
	// Domain is the apex domain of the application; www is added to it.
	Domain string `yaml:"domain"`
	// Network is the VPC and how far it spreads.
	Network Network `yaml:"network"`
	// App is how the application runs.
	App App `yaml:"app"`
	// Deploy is how a release reaches the instances.
	Deploy Deploy `yaml:"deploy"`
	// CI is who else may plan and deploy.
	CI CI `yaml:"ci"`
	// Database is the Aurora MySQL cluster.
	Database Database `yaml:"database"`
	// Bastion is the machine people go through to reach the database.
	Bastion Bastion `yaml:"bastion"`
	// Storage is the pair of S3 buckets.
	Storage Storage `yaml:"storage"`
	// Alerts are the e-mail addresses that hear of alarms and failed deployments.
	Alerts []string `yaml:"alerts"`
	// Messages are what webhooks and the alerts' topic are told of when it ended: apply (with destroy), deploy (with rollback).
	Messages []string `yaml:"messages"`
	// Monitoring is basic (logs and alarms) or full.
	Monitoring string `yaml:"monitoring"`
	// Tags are put on everything, beside the tool's own.
	Tags map[string]string `yaml:"tags"`

	// Origin is where the config was read from; nil when it was not read.
	Origin *Origin `yaml:"-" json:"-"`
}

// Network is the VPC.
type Network struct {
	// CIDR is the VPC's IPv4 range, cut into 16 subnets of equal size.
	CIDR string `yaml:"cidr"`
	// Zones is the number of availability zones, with a public and a private subnet in each.
	Zones int `yaml:"zones"`
	// NAT is the way out of the private subnets: none, single or per-zone.
	NAT string `yaml:"nat"`
}

// App is the application.
type App struct {
	// Runtime is ec2 (CodeDeploy on an Auto Scaling group) or ecs (blue/green).
	Runtime string `yaml:"runtime"`
	// Subnets is where the application runs: public, or private (needs nat).
	Subnets string `yaml:"subnets"`
	// Repositories are the ECR repositories of the application's images.
	Repositories []string `yaml:"repositories"`
	// HealthCheck is the path that answers 200 when the application is well.
	HealthCheck string `yaml:"health-check"`
	// Image is the AMI; empty: the newest baked one, else Amazon Linux 2023.
	Image string `yaml:"image"`
	// Instances is the fleet.
	Instances Instances `yaml:"instances"`
}

// Instances is the fleet of the Auto Scaling group.
type Instances struct {
	// Types are the instance types to choose from, all of one CPU architecture.
	Types []string `yaml:"types"`
	// OnDemand is how many are on-demand; the rest is spot.
	OnDemand int `yaml:"on-demand"`
	// Min is the smallest number of instances.
	Min int `yaml:"min"`
	// Max is the largest number of instances.
	Max int `yaml:"max"`
	// RequestsPerTarget is how many requests a minute one instance should get.
	RequestsPerTarget int `yaml:"requests-per-target"`
}

// Deploy is how a release reaches the instances.
type Deploy struct {
	// Before is a command that runs once in the new image before a release is deployed; empty: none.
	Before string `yaml:"before"`
}

// CI is who else may plan and deploy.
type CI struct {
	// GitHub is the repository whose workflows may, as owner/repository; empty: none.
	GitHub string `yaml:"github"`
}

// Database is the Aurora MySQL cluster.
type Database struct {
	// Engine is the engine with its major version, or with a full Aurora version.
	Engine string `yaml:"engine"`
	// Class is the instance class; empty when Serverless is set.
	Class string `yaml:"class,omitempty"`
	// Serverless is the capacity range of Aurora Serverless v2, instead of a class.
	Serverless *Serverless `yaml:"serverless,omitempty"`
	// Readers is the number of readers, in other zones than the writer.
	Readers int `yaml:"readers"`
	// BackupDays is how many days backups are kept.
	BackupDays int `yaml:"backup-days"`
	// Protect keeps the database and the load balancer from being deleted.
	Protect bool `yaml:"protect"`
}

// Serverless is a range of Aurora capacity units (ACU), about 2 GiB of memory each.
type Serverless struct {
	// Min is the least capacity in ACU; 0 lets the database pause.
	Min float64 `yaml:"min"`
	// Max is the most capacity in ACU.
	Max float64 `yaml:"max"`
}

// Bastion is the machine people go through.
type Bastion struct {
	// Type is its instance type; none: no bastion.
	Type string `yaml:"type"`
	// Allow are the IPv4 ranges that may use SSH; empty: only AWS Session Manager.
	Allow []string `yaml:"allow"`
}

// Storage is the pair of S3 buckets.
type Storage struct {
	// Public is the bucket of files anyone may read.
	Public string `yaml:"public"`
	// Private is the bucket of state and releases; made once, never destroyed.
	Private string `yaml:"private"`
}
