package aws

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
)

// premises are what a database is put into, made without our own drivers.
type premises struct {
	subnets engine.Set[engine.Ref[Subnet]]
	group   engine.Ref[SecurityGroup]
}

func newPremises(t *testing.T, c *Clients) premises {
	t.Helper()
	var p premises
	vpc, err := c.EC2.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	if err != nil {
		t.Fatal(err)
	}
	for zone, cidr := range map[string]string{"us-east-1a": "10.0.0.0/20", "us-east-1b": "10.0.16.0/20", "us-east-1c": "10.0.32.0/20"} {
		subnet, err := c.EC2.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{
			VpcId: vpc.Vpc.VpcId, CidrBlock: aws.String(cidr), AvailabilityZone: aws.String(zone),
		})
		if err != nil {
			t.Fatal(err)
		}
		p.subnets = append(p.subnets, engine.ID[Subnet](*subnet.Subnet.SubnetId))
	}
	group, err := c.EC2.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
		VpcId: vpc.Vpc.VpcId, GroupName: aws.String("database"), Description: aws.String("the database"),
	})
	if err != nil {
		t.Fatal(err)
	}
	p.group = engine.ID[SecurityGroup](*group.GroupId)
	return p
}

// database is a whole declaration of a database, for a test to change.
type database struct {
	Subnets    DBSubnetGroup
	Parameters DBClusterParameterGroup
	Cluster    DBCluster
	Writer     DBInstance
	st         *engine.Stack
	all        engine.Set[engine.Ref[Subnet]]
}

func (p premises) database(environment string) database {
	name := "keyedin-" + environment
	return database{
		DBSubnetGroup{Name: name, Description: "private subnets", Subnets: p.subnets[:2]},
		DBClusterParameterGroup{
			Name: name + "-8-0", Family: "aurora-mysql8.0", Description: "the database",
			Parameters: map[string]string{"require_secure_transport": "ON", "slow_query_log": "1"},
		},
		DBCluster{
			Name: name, Engine: AuroraMySQL, Version: "8.0", SecurityGroups: engine.Set[engine.Ref[SecurityGroup]]{p.group},
			Encrypted: true, User: "keyedin", ManagedPassword: true, BackupDays: 7, BackupWindow: "03:00-04:00", MaintenanceWindow: "sun:05:00-sun:06:00",
			DeletionProtection: true, LogExports: engine.Set[string]{"error", "slowquery"}, IAMAuth: true, CopyTags: true, Port: 3306,
		},
		DBInstance{Name: name + "-1", Class: "db.t3.medium", AutoMinor: true},
		nil, p.subnets,
	}
}

// step declares the database with what edit changes of it.
func (p premises) step(edit func(*database)) enginetest.Step {
	return func(st *engine.Stack) {
		d := p.database(st.Environment)
		d.st = st
		if edit != nil {
			edit(&d)
		}
		d.Cluster.SubnetGroup = engine.Add(st, "main", d.Subnets)
		d.Cluster.ParameterGroup = engine.Add(st, "main", d.Parameters)
		d.Writer.Cluster = engine.Add(st, "main", d.Cluster)
		engine.Add(st, "writer", d.Writer)
	}
}

func conformDatabase(t *testing.T, edits ...func(*database)) {
	t.Helper()
	conformFrom(t, nil, edits...)
}

func conformFrom(t *testing.T, first func(*database), edits ...func(*database)) {
	t.Helper()
	t.Parallel()
	b := bench.Start(t)
	c := NewClients(b.Config())
	p := newPremises(t, c)
	steps := []enginetest.Step{p.step(first)}
	for _, edit := range edits {
		steps = append(steps, p.step(edit))
	}
	enginetest.Conform(t, enginetest.Suite{
		Kinds: []engine.Kind{
			engine.Use(dbSubnetGroups{c}), engine.Use(dbClusterParameterGroups{c}), engine.Use(dbClusters{c}), engine.Use(dbInstances{c}),
		},
		Classify: Classify, Mutations: func() int { return len(b.Record().Mutating()) },
	}, steps...)
}

func TestDBSubnetGroup(t *testing.T) {
	conformDatabase(t,
		func(d *database) { d.Subnets.Description = "private subnets of two zones" },
		func(d *database) { d.Subnets.Subnets = d.all },
	)
}

func TestDBClusterParameterGroup(t *testing.T) {
	conformDatabase(t, func(d *database) {
		d.Parameters.Parameters = map[string]string{"require_secure_transport": "ON", "long_query_time": "2"}
	})
}

func TestDBCluster(t *testing.T) {
	conformDatabase(t,
		func(d *database) {
			d.Cluster.BackupDays, d.Cluster.DeletionProtection, d.Cluster.BackupWindow = 14, false, "04:00-05:00"
		},
		func(d *database) { d.Cluster.LogExports = engine.Set[string]{"audit", "error"} },
		func(d *database) { d.Cluster.CopyTags, d.Cluster.IAMAuth = false, false },
		func(d *database) {
			d.Cluster.Version, d.Cluster.MaintenanceWindow, d.Cluster.Port = "8.0.mysql_aurora.3.10.0", "mon:05:00-mon:06:00", 3307
		},
	)
}

// TestAMajorUpgrade is one change of the cluster, between the making of the new
// major's parameter group and the end of the old one's.
func TestAMajorUpgrade(t *testing.T) {
	conformFrom(t, func(d *database) {
		d.Cluster.Version, d.Parameters.Family = "5.7", "aurora-mysql5.7"
		d.Parameters.Name += "-5-7"
	}, func(*database) {})
}

func TestTagsOfADatabase(t *testing.T) {
	conformDatabase(t, func(d *database) { d.st.Tags["team"] = "ops" })
}

func TestDBInstance(t *testing.T) {
	conformDatabase(t,
		func(d *database) { d.Writer.Class, d.Writer.PromotionTier = "db.r7g.large", 2 },
		func(d *database) { d.Cluster.Serverless, d.Writer.Class = Capacity{Min: 0.5, Max: 8}, "db.serverless" },
	)
}
