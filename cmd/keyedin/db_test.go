package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

const ownCluster = "keyedin-production"

// clusters are all that RDS has, by name.
func (p *place) clusters() map[string]types.DBCluster {
	p.t.Helper()
	out, err := rds.NewFromConfig(p.Config()).DescribeDBClusters(p.t.Context(), &rds.DescribeDBClustersInput{})
	if err != nil {
		p.t.Fatal(err)
	}
	all := map[string]types.DBCluster{}
	for _, c := range out.DBClusters {
		all[aws.ToString(c.DBClusterIdentifier)] = c
	}
	return all
}

// members are the instances of a cluster, sorted.
func members(c types.DBCluster) []string {
	var names []string
	for _, m := range c.DBClusterMembers {
		names = append(names, aws.ToString(m.DBInstanceIdentifier))
	}
	slices.Sort(names)
	return names
}

func tagOf(tags []types.Tag, key string) string {
	for _, t := range tags {
		if aws.ToString(t.Key) == key {
			return aws.ToString(t.Value)
		}
	}
	return ""
}

// snapshot takes one by keyedin.
func (p *place) snapshot(name string) {
	p.t.Helper()
	if r := p.must("db", "snapshot", name); r.out != name+"\n" {
		p.t.Fatalf("the snapshot is said to be %q", r.out)
	}
}

// TestDatabaseSnapshots takes snapshots, lists them, and refuses wrong ones.
func TestDatabaseSnapshots(t *testing.T) {
	t.Parallel()
	p := applied(t)
	p.snapshot("before-it")
	out, err := rds.NewFromConfig(p.Config()).DescribeDBClusterSnapshots(t.Context(), &rds.DescribeDBClusterSnapshotsInput{
		DBClusterSnapshotIdentifier: aws.String("before-it"),
	})
	if err != nil || aws.ToString(out.DBClusterSnapshots[0].Status) != "available" {
		t.Fatalf("RDS has %+v, %v", out, err)
	}
	tags := out.DBClusterSnapshots[0].TagList
	if tagOf(tags, "project") != "keyedin" || tagOf(tags, "environment") != "production" || tagOf(tags, "address") != "" {
		t.Errorf("its tags are %v", tags)
	}
	quick := p.must("db", "snapshot", "--no-wait", "--json")
	if s := p.object(quick); s["state"] != "creating" || !strings.HasPrefix(s["name"].(string), ownCluster+"-2") {
		t.Errorf("without a wait the answer is %v", s)
	}
	list := p.must("db", "snapshots")
	list.prints(t, "before-it", "manual", "of "+ownCluster)
	if all := p.object(p.must("db", "snapshots", "--json"))["snapshots"].([]any); len(all) != 3 { // an automated one as well
		t.Errorf("the list is %v", all)
	}
	for words, args := range map[string][]string{
		"already, of " + ownCluster:   {"snapshot", "before-it"},
		"single hyphens":              {"snapshot", "a--b"},
		"63 fit":                      {"snapshot", strings.Repeat("a", 64)},
		"begin with a letter":         {"snapshot", "1a"},
		"is it before-it?":            {"restore", "before"},
		"lists the snapshots":         {"restore"},
		"`keyedin db restore":         {"restore", "before-it", "--at", "2020-01-01T00:00:00Z"},
		"is no time":                  {"restore", "--at", "yesterday"},
		"has not been yet":            {"restore", "--at", "2999-01-01T00:00:00Z"},
		"RDS has it from":             {"restore", "--at", "2020-01-01T00:00:00Z"},
		"--from goes with --at":       {"restore", "before-it", "--from", "x"},
		"53 fit":                      {"restore", "before-it", "--as", strings.Repeat("a", 54)},
		"a name of its own":           {"restore", "before-it", "--as", ownCluster},
		"db clusters":                 {"switch", "none", "--yes"},
		"in use already":              {"switch", ownCluster, "--yes"},
		"keyedin destroy":             {"drop", ownCluster, "--yes"},
		"`keyedin db switch CLUSTER`": {"switch"},
		"after --":                    {"shell", "select 1"},
		"is no port":                  {"tunnel", "--port", "70000"},
	} {
		p.run(append([]string{"db"}, args...)...).says(t, 1, words)
	}
	if all := p.clusters(); len(all) != 1 {
		t.Errorf("there are %d clusters", len(all))
	}
	p.Violations(t)
}

// TestDatabaseCredentials are shown on request, and by nothing else; a rotation
// makes the password another.
func TestDatabaseCredentials(t *testing.T) {
	t.Parallel()
	p := applied(t)
	own := p.clusters()[ownCluster]
	password := func() string {
		out, err := secretsmanager.NewFromConfig(p.Config()).GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: own.MasterUserSecret.SecretArn})
		if err != nil {
			t.Fatal(err)
		}
		var held struct{ Password string }
		if err := json.Unmarshal([]byte(aws.ToString(out.SecretString)), &held); err != nil {
			t.Fatal(err)
		}
		return held.Password
	}
	before := password()
	shown := p.object(p.must("db", "credentials", "--json"))
	want := map[string]any{
		"user": "keyedin", "password": before, "host": aws.ToString(own.Endpoint), "reader": aws.ToString(own.ReaderEndpoint),
		"port": 3306.0, "database": "keyedin",
	}
	for key, value := range want {
		if shown[key] != value {
			t.Errorf("%s is %v, not %v", key, shown[key], value)
		}
	}
	p.must("env", "set", "DB_DATABASE=shop")
	p.must("db", "credentials").prints(t, before, "database  shop")
	p.run("db", "rotate").says(t, 1, "--yes")
	if password() != before {
		t.Error("it was rotated though nobody agreed")
	}
	r := p.must("db", "rotate", "--yes")
	after := password()
	if after == before {
		t.Error("the password is the same")
	}
	others := r.out + r.err
	for _, args := range [][]string{{"db", "clusters"}, {"db", "clusters", "--json"}, {"db", "rotate", "--yes", "--json"}, {"status"}, {"plan"}} {
		r := p.must(args...)
		others += r.out + r.err
	}
	if strings.Contains(others, before) || strings.Contains(others, after) {
		t.Error("a password was shown that nobody asked for")
	}
	p.Violations(t)
}

// TestDatabaseRestoreTime restores what was at a time, twice the same.
func TestDatabaseRestoreTime(t *testing.T) {
	t.Parallel()
	p := applied(t, with("readers: 0", "readers: 1"))
	at := aws.ToTime(p.clusters()[ownCluster].EarliestRestorableTime).Add(time.Second).UTC()
	for time.Now().Before(at) { // it is a moment ago
		time.Sleep(100 * time.Millisecond)
	}
	name := ownCluster + "-at-" + at.Format("20060102-150405")
	for range 2 {
		if r := p.must("db", "restore", "--at", at.Format(time.RFC3339)); r.out != name+"\n" {
			t.Errorf("the answer is %q", r.out)
		}
	}
	c, ok := p.clusters()[name]
	if !ok || !slices.Equal(members(c), []string{name + "-reader-1", name + "-writer"}) {
		t.Errorf("the new cluster is %v with %v", ok, members(c))
	}
	if c.MasterUserSecret == nil || aws.ToString(c.DBClusterParameterGroup) != "keyedin-production-mysql-8-0" || !aws.ToBool(c.DeletionProtection) {
		t.Errorf("the new cluster is %+v", c)
	}
	p.settled() // to whom it is nothing
	p.Violations(t)
}
