package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
)

const restoredCluster = ownCluster + "-from-good"

// restored is an applied environment with a restored cluster beside its own; it
// gives the resource ids of the two.
func restored(t *testing.T, edits ...func(string) string) (p *place, own, other string) {
	t.Helper()
	p = applied(t, edits...)
	own, other = p.restores()
	return p, own, other
}

// restores puts a restored cluster beside the environment's own.
func (p *place) restores() (own, other string) {
	p.t.Helper()
	p.snapshot("good")
	if r := p.must("db", "restore", "good"); r.out != restoredCluster+"\n" {
		p.t.Fatalf("restored is %q", r.out)
	}
	all := p.clusters()
	return aws.ToString(all[ownCluster].DbClusterResourceId), aws.ToString(all[restoredCluster].DbClusterResourceId)
}

// isSwitched checks that the cluster with the resource id now is the
// environment's, and the one with old beside it; it gives the name of that.
func (p *place) isSwitched(now, old string, roles ...string) (beside string) {
	p.t.Helper()
	for name, c := range p.clusters() {
		var want []string
		for _, role := range roles {
			want = append(want, name+"-"+role)
		}
		if got := members(c); !slices.Equal(got, want) {
			p.t.Errorf("%s has the instances %v", name, got)
		}
		address, logs := "", 0
		switch id := aws.ToString(c.DbClusterResourceId); {
		case id == now && name == ownCluster:
			address, logs = "db-cluster/main", 2
			if replaced := tagOf(c.TagList, "replaced-by"); replaced != "" {
				p.t.Errorf("%s is marked as replaced by %s", name, replaced)
			}
		case id == old && strings.HasPrefix(name, ownCluster+"-before-"):
			beside = name
		default:
			p.t.Errorf("%s (%s) is neither of the two", name, id)
		}
		if tagOf(c.TagList, "address") != address || len(c.EnabledCloudwatchLogsExports) != logs || !aws.ToBool(c.DeletionProtection) {
			p.t.Errorf("%s has the tags %v, logs %v, protection %v", name, c.TagList, c.EnabledCloudwatchLogsExports, aws.ToBool(c.DeletionProtection))
		}
		p.addressed(c, address != "")
	}
	if beside == "" {
		p.t.Error("the old cluster is gone")
	}
	return beside
}

// addressed checks which address the instances of a cluster have, if any.
func (p *place) addressed(c types.DBCluster, want bool) {
	p.t.Helper()
	out, err := rds.NewFromConfig(p.Config()).DescribeDBInstances(p.t.Context(), &rds.DescribeDBInstancesInput{
		Filters: []types.Filter{{Name: aws.String("db-cluster-id"), Values: []string{aws.ToString(c.DBClusterIdentifier)}}},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, i := range out.DBInstances {
		if address := tagOf(i.TagList, "address"); (address != "") != want {
			p.t.Errorf("the instance %s has the address %q", aws.ToString(i.DBInstanceIdentifier), address)
		}
	}
}

// due are the addresses that a plan changes, sorted.
func (p *place) due() []string {
	p.t.Helper()
	var all []string
	changes, _ := p.object(p.must("plan", "--json"))["changes"].([]any)
	for _, c := range changes {
		change := c.(map[string]any)
		all = append(all, change["action"].(string)+" "+change["address"].(string))
	}
	slices.Sort(all)
	return all
}

// TestDatabaseSwitch makes a restored cluster the one in use: the config plans
// what the other secret makes due and nothing else, the old cluster is nobody's
// to change or destroy, and goes when it is dropped by name.
func TestDatabaseSwitch(t *testing.T) {
	t.Parallel()
	p, own, other := restored(t, unprotected, with("protect: false", "protect: true"))
	p.run("db", "switch", restoredCluster).says(t, 1, "about 10 minutes", "apply --roll", "--yes")
	r := p.must("db", "switch", restoredCluster, "--yes")
	beside := p.isSwitched(other, own, "writer")
	r.says(t, 0, "keyedin apply --roll", "keyedin db drop "+beside, "db.t3.medium")
	p.must("db", "clusters").prints(t, "in use", "replaced", beside)
	p.must("history").prints(t, "db switch "+restoredCluster, "done")
	if r := p.must("db", "switch", restoredCluster, "--yes"); !strings.Contains(r.err, "in use now") {
		t.Errorf("the same command again: %s", r.err)
	}
	p.isSwitched(other, own, "writer")

	want := []string{"change auto-scaling-group/application", "change launch-template/application", "change role/instance"}
	if due := p.due(); !slices.Equal(due, want) {
		t.Errorf("due are %v", due)
	}
	p.must("apply", "--yes")
	p.settled()
	p.isSwitched(other, own, "writer")

	p.Clear()
	p.run("destroy", "--yes", "--environment", "production", "--lift-protection").says(t, 1, "keyedin db drop "+beside)
	if n := len(p.Record().Class(proxy.Change)); n > 0 {
		t.Errorf("a destroy that was refused made %d changing calls", n)
	}
	p.run("db", "drop", beside).says(t, 1, "--yes", "final snapshot")
	dropped := p.must("db", "drop", beside, "--yes")
	if !strings.Contains(dropped.out, "-final-") {
		t.Errorf("dropped: %q", dropped.out)
	}
	if all := p.clusters(); len(all) != 1 {
		t.Errorf("there are %d clusters", len(all))
	}
	p.must("db", "snapshots")
	p.must("destroy", "--yes", "--environment", "production", "--lift-protection")
	p.Violations(t)
}

// TestDatabaseSwitchBack goes to a restored cluster and back, with readers.
func TestDatabaseSwitchBack(t *testing.T) {
	t.Parallel()
	p, own, other := restored(t, with("readers: 0", "readers: 2"))
	p.must("db", "switch", restoredCluster, "--yes")
	beside := p.isSwitched(other, own, "reader-1", "reader-2", "writer")
	p.must("db", "switch", beside, "--yes")
	again := p.isSwitched(own, other, "reader-1", "reader-2", "writer")
	p.settled() // the secret is that of the beginning
	p.must("db", "switch", again, "--yes")
	p.isSwitched(other, own, "reader-1", "reader-2", "writer")
	p.Violations(t)
}

// TestDatabaseSwitchCut takes the power away before calls of a switch: what is
// between the two is no reason to make a database anew, and the same command
// goes on.
func TestDatabaseSwitchCut(t *testing.T) {
	t.Parallel()
	p, own, other := restored(t)
	for _, at := range p.points(2, "db", "switch", restoredCluster, "--yes") {
		t.Run(at.name, func(t *testing.T) {
			t.Parallel()
			at.place.t = t
			at.unlocked()
			_, there := at.clusters()[ownCluster]
			r := at.run("apply", "--yes")
			if again := "`keyedin db switch " + restoredCluster + "`"; !there && (r.code != 1 || !strings.Contains(r.out, again)) {
				t.Errorf("an apply without a cluster ended with %d:\n%s%s", r.code, r.out, r.err)
			}
			if all := at.clusters(); r.code == 0 && len(all) != 2 || len(all) > 2 {
				t.Errorf("an apply in between ended with %d and left %d clusters:\n%s%s", r.code, len(all), r.out, r.err)
			}
			at.must("db", "switch", restoredCluster, "--yes")
			at.isSwitched(other, own, "writer")
			at.must("apply", "--yes")
			at.settled()
			at.Violations(t)
		})
	}
}

// TestDatabaseRestoreCut takes the power away before calls of a restore.
func TestDatabaseRestoreCut(t *testing.T) {
	t.Parallel()
	p := applied(t)
	p.snapshot("good")
	for _, at := range p.points(1, "db", "restore", "good") {
		t.Run(at.name, func(t *testing.T) {
			t.Parallel()
			at.place.t = t
			at.must("db", "restore", "good")
			c := at.clusters()[restoredCluster]
			if c.MasterUserSecret == nil || !slices.Equal(members(c), []string{restoredCluster + "-writer"}) {
				t.Errorf("restored is %+v", c)
			}
			at.Violations(t)
		})
	}
}

// unlocked takes away the lock of a run that was cut elsewhere.
func (p *place) unlocked() {
	p.t.Helper()
	p.must("unlock", "--yes")
}

// TestDatabaseSwitchStern restores, switches and switches back in an account
// that is as slow and as late to know as AWS.
func TestDatabaseSwitchStern(t *testing.T) {
	t.Parallel()
	p := applied(t, with("readers: 0", "readers: 1"))
	p.Stern(t, bench.Stern{Seed: 5})
	own, other := p.restores()
	p.must("db", "switch", restoredCluster, "--yes")
	beside := p.isSwitched(other, own, "reader-1", "writer")
	p.must("db", "switch", beside, "--yes")
	p.isSwitched(own, other, "reader-1", "writer")
	p.settled()
	p.Violations(t)
}

// TestDatabaseSwitchSternCut takes the power away in such an account: what is
// renamed is still known by its old name, or by none.
func TestDatabaseSwitchSternCut(t *testing.T) {
	t.Parallel()
	p, own, other := restored(t)
	p.Stern(t, bench.Stern{Seed: 6})
	for _, at := range p.points(5, "db", "switch", restoredCluster, "--yes") {
		t.Run(at.name, func(t *testing.T) {
			t.Parallel()
			at.place.t = t
			at.unlocked()
			at.run("apply", "--yes")
			if all := at.clusters(); len(all) > 2 {
				t.Errorf("an apply in between left %d clusters", len(all))
			}
			at.must("db", "switch", restoredCluster, "--yes")
			at.isSwitched(other, own, "writer")
			at.must("apply", "--yes")
			at.settled()
			at.Violations(t)
		})
	}
}
