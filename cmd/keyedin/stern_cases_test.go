package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
)

// with changes a line of the config.
func with(old, new string) func(string) string {
	return func(config string) string { return strings.Replace(config, old, new, 1) }
}

// TestDestroyOfAUsedEnvironment takes away what people have filled, while
// interfaces linger, and leaves what is not its own.
func TestDestroyOfAUsedEnvironment(t *testing.T) {
	t.Parallel()
	p := ironside(t, bench.Stern{Scale: 40}) // slow enough for what lingers to be told
	p.must("apply", "--yes")
	h := p.hand()
	versions := 300
	if complete() {
		versions = 3000
	}
	for n := range versions {
		_, err := h.s3.PutObject(h, &s3.PutObjectInput{
			Bucket: aws.String("keyedin-public"), Key: aws.String(fmt.Sprint("photos/", n%7)), Body: strings.NewReader(fmt.Sprint(n)),
		})
		h.no(err)
	}
	_, err := ecr.NewFromConfig(p.Config()).PutImage(h, &ecr.PutImageInput{
		RepositoryName: aws.String("keyedin/nginx"), ImageTag: aws.String("1"),
		ImageManifest: aws.String(`{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":2,"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},"layers":[]}`),
	})
	h.no(err)
	neighbour, err := h.ec2.CreateVpc(h, &ec2.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16")})
	h.no(err)

	p.run("destroy", "--yes", "--environment", "production").says(t, 1, "database.protect is on", "--lift-protection")
	r := p.must("destroy", "--yes", "--environment", "production", "--lift-protection")
	r.prints(t, "Nothing of production is left but the private bucket")
	if !strings.Contains(r.err, "has dependencies") && !strings.Contains(r.err, "dependent object") {
		t.Errorf("it does not show what it waits for:\n%s", r.err)
	}
	left := p.World(t).Names()
	for _, kind := range []string{"subnet ", "security-group ", "bucket bucket/public", "repository ", "db-cluster ", "db-instance ", "load-balancer "} {
		if i := slices.IndexFunc(left, func(n string) bool { return strings.HasPrefix(n, kind) && !strings.Contains(n, "default of") }); i >= 0 {
			t.Errorf("%s is left", left[i])
		}
	}
	out, err := h.ec2.DescribeVpcs(h, &ec2.DescribeVpcsInput{VpcIds: []string{aws.ToString(neighbour.Vpc.VpcId)}})
	if err != nil || len(out.Vpcs) != 1 {
		t.Errorf("the neighbour's VPC is gone: %v", err)
	}
}

// TestDestroyKeepsAZoneInUse leaves a zone with records of somebody else's.
func TestDestroyKeepsAZoneInUse(t *testing.T) {
	t.Parallel()
	p := applied(t, unprotected)
	h := p.hand()
	client := route53.NewFromConfig(p.Config())
	zones, err := client.ListHostedZones(h, &route53.ListHostedZonesInput{})
	h.no(err)
	_, err = client.ChangeResourceRecordSets(h, &route53.ChangeResourceRecordSetsInput{
		HostedZoneId: zones.HostedZones[0].Id,
		ChangeBatch: &types.ChangeBatch{Changes: []types.Change{{Action: types.ChangeActionCreate, ResourceRecordSet: &types.ResourceRecordSet{
			Name: aws.String("mail.keyedin.app"), Type: types.RRTypeA, TTL: aws.Int64(300),
			ResourceRecords: []types.ResourceRecord{{Value: aws.String("203.0.113.25")}},
		}}}},
	})
	h.no(err)
	r := p.must(destroyAll...)
	if left := p.World(t).Names(); !slices.Contains(left, "record mail.keyedin.app. A") {
		t.Errorf("the record is gone: %v", left)
	}
	if !strings.Contains(r.out+r.err, "hosted-zone/main") || !strings.Contains(r.out+r.err, "stays") {
		t.Errorf("it does not say that the zone stays:\n%s%s", r.out, r.err)
	}
}

// TestDatabaseIsNeverReplacedByAccident finds the database made in another way
// than the config has it, in what cannot be changed.
func TestDatabaseIsNeverReplacedByAccident(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(hand, *rds.CreateDBClusterInput){
		"encrypted": func(_ hand, in *rds.CreateDBClusterInput) { in.StorageEncrypted = aws.Bool(false) },
		"user":      func(_ hand, in *rds.CreateDBClusterInput) { in.MasterUsername = aws.String("root1") },
		"engine": func(_ hand, in *rds.CreateDBClusterInput) {
			in.Engine, in.EngineVersion, in.DBClusterParameterGroupName = aws.String("aurora-postgresql"), aws.String("16.4"), nil
		},
		"subnet group": func(h hand, in *rds.CreateDBClusterInput) { in.DBSubnetGroupName = h.subnetGroup(in.DBSubnetGroupName) },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			p := applied(t)
			h := p.hand()
			name := aws.String("keyedin-production")
			h.remake(h.cluster(name), func(in *rds.CreateDBClusterInput) { change(h, in) })
			p.run("plan").prints(t, "cannot be changed in place", "DATA IS LOST", "To keep the data", "snapshot")
			before := any(p.World(t))
			p.run("apply", "--yes").says(t, 1, "db-cluster/main is protected from deletion", "database.protect: false")
			p.untouched(before)
			_, err := h.rds.ModifyDBCluster(h, &rds.ModifyDBClusterInput{DBClusterIdentifier: name, DeletionProtection: aws.Bool(false)})
			h.no(err)
			p.edit(unprotected)
			before = p.World(t)
			p.run("apply", "--yes").says(t, 1, "DATA IS LOST", "--lose db-cluster/main")
			p.untouched(before)
		})
	}
}

// TestAuroraIsNotTakenBack refuses a plan that AWS would refuse halfway.
func TestAuroraIsNotTakenBack(t *testing.T) {
	t.Parallel()
	p := applied(t)
	p.edit(with("engine: aurora-mysql-8.0", "engine: aurora-mysql-5.7"))
	before := any(p.World(t))
	r := p.run("apply", "--yes")
	r.says(t, 1, "nothing was changed")
	if !strings.Contains(r.out, "AWS takes no Aurora version back") {
		t.Errorf("a major version is taken back:\n%s", r.out)
	}
	p.untouched(before)
}

// subnetGroup makes another one with the subnets of the one that is there.
func (h hand) subnetGroup(name *string) *string {
	h.t.Helper()
	out, err := h.rds.DescribeDBSubnetGroups(h, &rds.DescribeDBSubnetGroupsInput{DBSubnetGroupName: name})
	h.no(err)
	in := &rds.CreateDBSubnetGroupInput{DBSubnetGroupName: aws.String("other"), DBSubnetGroupDescription: aws.String("made by hand")}
	for _, s := range out.DBSubnetGroups[0].Subnets {
		in.SubnetIds = append(in.SubnetIds, aws.ToString(s.SubnetIdentifier))
	}
	_, err = h.rds.CreateDBSubnetGroup(h, in)
	h.no(err)
	return in.DBSubnetGroupName
}

func (h hand) cluster(name *string) rdstypes.DBCluster {
	h.t.Helper()
	out, err := h.rds.DescribeDBClusters(h, &rds.DescribeDBClustersInput{DBClusterIdentifier: name})
	h.no(err)
	return out.DBClusters[0]
}

// remake makes the cluster again by hand, as it first was, in another way.
func (h hand) remake(is rdstypes.DBCluster, change func(*rds.CreateDBClusterInput)) {
	h.t.Helper()
	name := is.DBClusterIdentifier
	for _, m := range h.cluster(name).DBClusterMembers {
		_, err := h.rds.DeleteDBInstance(h, &rds.DeleteDBInstanceInput{DBInstanceIdentifier: m.DBInstanceIdentifier, SkipFinalSnapshot: aws.Bool(true)})
		h.no(err)
	}
	_, err := h.rds.ModifyDBCluster(h, &rds.ModifyDBClusterInput{DBClusterIdentifier: name, DeletionProtection: aws.Bool(false)})
	h.no(err)
	_, err = h.rds.DeleteDBCluster(h, &rds.DeleteDBClusterInput{DBClusterIdentifier: name, SkipFinalSnapshot: aws.Bool(true)})
	h.no(err)
	in := &rds.CreateDBClusterInput{
		DBClusterIdentifier: name, Engine: is.Engine, EngineVersion: is.EngineVersion, DBSubnetGroupName: is.DBSubnetGroup,
		DBClusterParameterGroupName: is.DBClusterParameterGroup, MasterUsername: aws.String("keyedin"),
		ManageMasterUserPassword: aws.Bool(true), StorageEncrypted: aws.Bool(true), Tags: is.TagList, DeletionProtection: aws.Bool(true),
	}
	change(in)
	_, err = h.rds.CreateDBCluster(h, in)
	h.no(err)
}

// TestNoSpotCapacity waits one zone without it through, and says AWS's own
// reason where there is none at all.
func TestNoSpotCapacity(t *testing.T) {
	t.Parallel()
	three := with("min: 1 ", "min: 3 ")
	t.Run("in one zone", func(t *testing.T) {
		t.Parallel()
		p := ironside(t, bench.Stern{NoSpot: []string{"us-east-1a"}}, three)
		p.must("apply", "--yes")
		p.settled()
	})
	t.Run("in none", func(t *testing.T) {
		t.Parallel()
		p := ironside(t, bench.Stern{NoSpot: []string{"*"}}, three)
		const reason = "UnfulfillableCapacity"
		work := p.start("apply", "--yes")
		start := time.Now()
		for !strings.Contains(work.err.String(), reason) {
			if time.Since(start) > time.Minute {
				t.Fatalf("AWS's reason is not shown within a minute:\n%s", work.err.String())
			}
			time.Sleep(200 * time.Millisecond)
		}
		if text := work.err.String(); !strings.Contains(text, "app.instances.types") {
			t.Errorf("what to change is not said:\n%s", text)
		}
		p.Stern(t, bench.Stern{}) // capacity comes back, and the same apply goes on
		if r := work.end(); r.code != 0 {
			t.Errorf("it ended with %d when capacity was back:\n%s", r.code, r.err)
		}
	})
}

// TestDatabaseIsBackingUp waits for a database that cannot be changed now.
func TestDatabaseIsBackingUp(t *testing.T) {
	t.Parallel()
	p := applied(t, with("backup-days: 7", "backup-days: 6"))
	p.Stern(t, bench.Stern{})
	p.Stern(t, bench.Stern{ClusterBusy: 500})
	p.edit(with("backup-days: 6", "backup-days: 9"))
	r := p.must("apply", "--yes")
	if !strings.Contains(r.err, "backing-up") {
		t.Errorf("it does not say what it waits for:\n%s", r.err)
	}
	p.settled()
}
