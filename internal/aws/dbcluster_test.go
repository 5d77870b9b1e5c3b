package aws

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
)

func TestAsWanted(t *testing.T) {
	for _, c := range []struct{ live, wanted, want string }{
		{"8.0.mysql_aurora.3.08.2", "8.0", "8.0"},
		{"8.0.mysql_aurora.3.08.2", "8.0.mysql_aurora.3.08.2", "8.0.mysql_aurora.3.08.2"},
		{"8.0.mysql_aurora.3.10.0", "8.0.mysql_aurora.3.08.2", "8.0.mysql_aurora.3.08.2"},
		{"8.0.mysql_aurora.3.04.4", "8.0.mysql_aurora.3.08.2", "8.0.mysql_aurora.3.04.4"},
		{"5.7.mysql_aurora.2.12.5", "8.0", "5.7.mysql_aurora.2.12.5"},
		{"8.0.mysql_aurora.3.08.2", "5.7", "8.0.mysql_aurora.3.08.2"},
		{"8.0.mysql_aurora.3.08.2", "", "8.0.mysql_aurora.3.08.2"},
	} {
		if got := asWanted(c.live, c.wanted); got != c.want {
			t.Errorf("%s, wanted %q: %s, want %s", c.live, c.wanted, got, c.want)
		}
	}
}

func TestDBStatus(t *testing.T) {
	for state, want := range map[string]engine.Status{
		"available": engine.Ready, "backing-up": engine.Ready, "creating": engine.Pending, "modifying": engine.Pending, "upgrading": engine.Pending,
		"resetting-master-credentials": engine.Pending, "a-state-of-next-year": engine.Pending, "deleting": engine.Deleting,
		"stopped": engine.Waiting, "stopping": engine.Pending, "starting": engine.Pending, "failed": engine.Failed,
		"incompatible-parameters": engine.Waiting, "inaccessible-encryption-credentials": engine.Waiting,
	} {
		got, reason := dbStatus(state)
		if got != want || got != engine.Ready && reason == "" {
			t.Errorf("%s: %v (%s), want %v", state, got, reason, want)
		}
	}
}

func TestFinalSnapshot(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if got := finalSnapshot("keyedin-production", now); got != "keyedin-production-final-20260102030405" {
		t.Error(got)
	}
	long := finalSnapshot(strings.Repeat("a", 41)+"-"+strings.Repeat("b", 21), now)
	if len(long) > 63 || strings.Contains(long, "--") {
		t.Error(long)
	}
}

func TestAChangeThatIsWantedIsWaitedFor(t *testing.T) {
	wanted := DBCluster{Version: "8.0", BackupDays: 14, LogExports: engine.Set[string]{"error", "audit"}}
	is := DBCluster{Version: "8.0", BackupDays: 7, LogExports: engine.Set[string]{"audit", "error"}}
	for name, c := range map[string]struct {
		pending *types.ClusterPendingModifiedValues
		want    bool
	}{
		"nothing":         {nil, false},
		"no values":       {&types.ClusterPendingModifiedValues{}, false},
		"the wanted":      {&types.ClusterPendingModifiedValues{BackupRetentionPeriod: aws.Int32(14)}, true},
		"another":         {&types.ClusterPendingModifiedValues{IAMDatabaseAuthenticationEnabled: aws.Bool(true)}, false},
		"the password":    {&types.ClusterPendingModifiedValues{MasterUserPassword: aws.String("****")}, false},
		"logs, all there": {&types.ClusterPendingModifiedValues{PendingCloudwatchLogsExports: &types.PendingCloudwatchLogsExports{}}, false},
	} {
		if got := isApplying(c.pending, is, wanted); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestParameterChanges(t *testing.T) {
	all := []types.Parameter{
		{ParameterName: aws.String("slow_query_log"), ApplyType: aws.String("dynamic")},
		{ParameterName: aws.String("binlog_format"), ApplyType: aws.String("static")},
		{ParameterName: aws.String("collation_server"), ApplyType: aws.String("dynamic")},
	}
	show := func(list []types.Parameter) (texts []string) {
		for _, p := range list {
			texts = append(texts, aws.ToString(p.ParameterName)+"="+aws.ToString(p.ParameterValue)+" "+string(p.ApplyMethod))
		}
		return texts
	}
	set, reset := parameterChanges(
		map[string]string{"slow_query_log": "1", "long_query_time": "3", "general_log": "0"},
		map[string]string{"slow_query_log": "0", "binlog_format": "ROW", "collation_server": "utf8mb4_bin", "unknown": "x", "general_log": "0"}, all)
	want := []string{"collation_server=utf8mb4_bin immediate", "binlog_format=ROW pending-reboot", "slow_query_log=0 immediate", "unknown=x pending-reboot"}
	if diff := cmp.Diff(want, show(set)); diff != "" {
		t.Errorf("set: (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"long_query_time= pending-reboot"}, show(reset)); diff != "" {
		t.Errorf("reset: (-want +got)\n%s", diff)
	}
}

// built makes a database with the drivers alone, and reads its cluster.
func built(t *testing.T, c *Clients) (dbClusters, engine.Live[DBCluster], engine.Scope) {
	t.Helper()
	d := newPremises(t, c).database("test")
	id := func(address string) engine.Identity {
		return engine.Identity{Project: "sample", Environment: "test", Tags: engine.Identify("sample", "test", address)}
	}
	d.Cluster.SubnetGroup = engine.ID[DBSubnetGroup](d.Subnets.Name)
	d.Cluster.ParameterGroup = engine.ID[DBClusterParameterGroup](d.Parameters.Name)
	err := errors.Join(
		dbSubnetGroups{c}.Create(t.Context(), id("db-subnet-group/main"), d.Subnets),
		dbClusterParameterGroups{c}.Create(t.Context(), id("db-cluster-parameter-group/main"), d.Parameters),
		dbClusters{c}.Create(t.Context(), id("db-cluster/main"), d.Cluster),
	)
	if err != nil {
		t.Fatal(err)
	}
	scope := engine.NewScope("sample", "test", []engine.Expected{
		{Kind: "db-cluster", Address: "db-cluster/main", Document: engine.Document{"name": d.Cluster.Name, "version": "8.0"}},
	})
	lives, err := dbClusters{c}.Read(t.Context(), scope)
	if err == nil && lives[0].Status == engine.Pending { // it was just made
		lives, err = dbClusters{c}.Read(t.Context(), scope)
	}
	if err != nil || len(lives) != 1 {
		t.Fatal(lives, err)
	}
	return dbClusters{c}, lives[0], scope
}

func TestDBClusterIsAsWanted(t *testing.T) {
	c := NewClients(bench.Start(t).Config())
	_, live, _ := built(t, c)
	for _, name := range []string{"arn", "endpoint", "reader-endpoint", "resource-id", "secret-arn"} {
		if text, ok := live.Attrs[name].(string); !ok || text == "" {
			t.Errorf("attribute %s is %v", name, live.Attrs[name])
		}
	}
	if live.Spec.Version != "8.0" || live.Address != "db-cluster/main" || live.Foreign {
		t.Errorf("%+v", live)
	}
}

func TestDeletingAClusterLeavesASnapshot(t *testing.T) {
	c := NewClients(bench.Start(t).Config())
	d, live, scope := built(t, c)
	if !live.Spec.DeletionProtection {
		t.Fatal("it is not protected")
	}
	if err := d.Delete(t.Context(), live); err != nil {
		t.Fatal(err)
	}
	if lives, err := d.Read(t.Context(), scope); err != nil || len(lives) != 0 {
		t.Errorf("%+v %v", lives, err)
	}
	out, err := c.RDS.DescribeDBClusterSnapshots(t.Context(), &rds.DescribeDBClusterSnapshotsInput{SnapshotType: aws.String("manual")})
	if err != nil || len(out.DBClusterSnapshots) != 1 {
		t.Fatal(out, err)
	}
	s := out.DBClusterSnapshots[0]
	if name := aws.ToString(s.DBClusterSnapshotIdentifier); !strings.HasPrefix(name, live.ID+"-final-") {
		t.Error(name)
	}
	if tags := fromRDS(s.TagList); tags[engine.TagProject] != "sample" {
		t.Errorf("the snapshot's tags are %v", tags)
	}
	if err := d.Delete(t.Context(), live); err != nil {
		t.Errorf("the second time: %v", err)
	}
}

func TestAStoppedClusterIsStartedToBeDeleted(t *testing.T) {
	b := bench.Start(t)
	c := NewClients(b.Config())
	d, live, scope := built(t, c)
	if _, err := c.RDS.StopDBCluster(t.Context(), &rds.StopDBClusterInput{DBClusterIdentifier: aws.String(live.ID)}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // stopping, stopped
		lives, err := d.Read(t.Context(), scope)
		if err != nil {
			t.Fatal(err)
		}
		live = lives[0]
	}
	if live.Status != engine.Waiting || !strings.Contains(live.Reason, "aws rds start-db-cluster") {
		t.Errorf("%v %s", live.Status, live.Reason)
	}
	b.Clear()
	_ = d.Delete(t.Context(), live) // AWS refuses until it is started
	if calls := b.Record().Mutating(); len(calls) == 0 || calls[0].String() != "rds:StartDBCluster" {
		t.Errorf("it calls %v", calls)
	}
}

func TestFullVersion(t *testing.T) {
	c := NewClients(bench.Start(t).Config())
	for wanted, want := range map[string]string{
		"8.0": "8.0.mysql_aurora.3.08.2", "5.7": "5.7.mysql_aurora.2.12.5", "8.0.mysql_aurora.3.04.4": "8.0.mysql_aurora.3.04.4",
	} {
		if got, err := c.fullVersion(t.Context(), AuroraMySQL, wanted); err != nil || got != want {
			t.Errorf("%s: %s %v, want %s", wanted, got, err, want)
		}
	}
	_, err := c.fullVersion(t.Context(), AuroraMySQL, "9.9")
	var none *NoVersion
	if !errors.As(err, &none) || !strings.Contains(err.Error(), "describe-db-engine-versions") {
		t.Error(err)
	}
}

// A version that AWS would refuse to go back to is a problem of the plan.
func TestAuroraIsNotTakenBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		field, is, want string
		refused         bool
	}{
		{"version", "8.0.mysql_aurora.3.08.0", "5.7", true},
		{"version", "8.0.mysql_aurora.3.08.0", "5.7.mysql_aurora.2.12.4", true},
		{"version", "5.7.mysql_aurora.2.12.4", "8.0", false},
		{"version", "8.0.mysql_aurora.3.04.0", "8.0.mysql_aurora.3.08.0", false},
		{"port", "8.0", "5.7", false},
	} {
		why := DBCluster{}.Refuses(engine.FieldChange{Field: c.field, Before: c.is, After: c.want})
		if (why != "") != c.refused || c.refused && !strings.Contains(why, c.is) {
			t.Errorf("%s from %s to %s: %q", c.field, c.is, c.want, why)
		}
	}
}
