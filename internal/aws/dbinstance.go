package aws

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

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

type dbInstances struct{ *Clients }

func (d dbInstances) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[DBInstance], error) {
	known := names(scope, DBInstance{}.Kind())
	if len(known) == 0 {
		return nil, nil
	}
	var lives []engine.Live[DBInstance]
	// Asked by filter, instances that are not there are simply missing.
	pages := rds.NewDescribeDBInstancesPaginator(d.RDS, &rds.DescribeDBInstancesInput{
		Filters: []types.Filter{{Name: aws.String("db-instance-id"), Values: known}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, i := range page.DBInstances {
			lives = append(lives, instance(scope, i))
		}
	}
	return lives, nil
}

func instance(scope engine.Scope, i types.DBInstance) engine.Live[DBInstance] {
	live := engine.Live[DBInstance]{ID: aws.ToString(i.DBInstanceIdentifier), Spec: DBInstance{
		Name: aws.ToString(i.DBInstanceIdentifier), Cluster: engine.ID[DBCluster](aws.ToString(i.DBClusterIdentifier)),
		Class: aws.ToString(i.DBInstanceClass), Zone: aws.ToString(i.AvailabilityZone), PromotionTier: int(aws.ToInt32(i.PromotionTier)),
		AutoMinor: aws.ToBool(i.AutoMinorVersionUpgrade), Public: aws.ToBool(i.PubliclyAccessible),
	}}
	known, _ := scope.Find(live.Spec.Kind(), live.ID)
	live.Status, live.Reason = dbStatus(aws.ToString(i.DBInstanceStatus))
	p := i.PendingModifiedValues
	switch {
	case aws.ToString(i.DBInstanceStatus) == stopped:
		live.Reason += "; start its cluster: aws rds start-db-cluster --db-cluster-identifier " + live.Spec.Cluster.ID()
	case live.Status == engine.Ready && p != nil && p.DBInstanceClass != nil && live.Spec.Class != wantedAs[DBInstance](known).Class:
		live.Status, live.Reason = engine.Pending, "RDS is still changing its class"
	}
	live.Attrs = map[string]any{"arn": aws.ToString(i.DBInstanceArn), "state": aws.ToString(i.DBInstanceStatus)}
	if i.Endpoint != nil {
		live.Attrs["endpoint"] = aws.ToString(i.Endpoint.Address)
	}
	belongs(scope, &live, fromRDS(i.TagList))
	return live
}

func (d dbInstances) Create(ctx context.Context, id engine.Identity, s DBInstance) error {
	_, err := d.RDS.CreateDBInstance(ctx, &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: aws.String(s.Name), DBClusterIdentifier: aws.String(s.Cluster.ID()), Engine: aws.String(AuroraMySQL),
		DBInstanceClass: aws.String(s.Class), AvailabilityZone: orNil(s.Zone), PromotionTier: aws.Int32(int32(s.PromotionTier)),
		AutoMinorVersionUpgrade: aws.Bool(s.AutoMinor), PubliclyAccessible: aws.Bool(s.Public), Tags: toRDS(id.Tags),
	})
	return err
}

func (d dbInstances) Update(ctx context.Context, is engine.Live[DBInstance], want DBInstance, changed engine.Fields) error {
	in := &rds.ModifyDBInstanceInput{DBInstanceIdentifier: aws.String(is.ID), ApplyImmediately: aws.Bool(true)}
	if changed.Has("class") {
		in.DBInstanceClass = aws.String(want.Class)
	}
	if changed.Has("promotion-tier") {
		in.PromotionTier = aws.Int32(int32(want.PromotionTier))
	}
	if changed.Has("auto-minor") {
		in.AutoMinorVersionUpgrade = aws.Bool(want.AutoMinor)
	}
	if changed.Has("public") {
		in.PubliclyAccessible = aws.Bool(want.Public)
	}
	_, err := d.RDS.ModifyDBInstance(ctx, in)
	return err
}

// Delete takes no snapshot: the data is the cluster's, which takes its own
// before it goes.
func (d dbInstances) Delete(ctx context.Context, is engine.Live[DBInstance]) error {
	_, err := d.RDS.DeleteDBInstance(ctx, &rds.DeleteDBInstanceInput{
		DBInstanceIdentifier: aws.String(is.ID), SkipFinalSnapshot: aws.Bool(true),
	})
	if Classify(err) == engine.Busy && is.Attrs["state"] == stopped {
		if startErr := d.start(ctx, is.Spec.Cluster.ID()); startErr != nil && Classify(startErr) != engine.Busy {
			return startErr
		}
	}
	return err
}

func (d dbInstances) Tag(ctx context.Context, id string, set map[string]string, unset []string) error {
	out, err := d.RDS.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String(id)})
	if err != nil || len(out.DBInstances) == 0 {
		return err
	}
	return d.tagRDS(ctx, out.DBInstances[0].DBInstanceArn, set, unset)
}
