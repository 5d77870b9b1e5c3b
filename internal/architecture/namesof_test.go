package architecture

import (
	"maps"
	"slices"
	"testing"

	"github.com/keyedin-app/keyedin-infra/internal/config"
)

// TestNamesAreThoseThatAreBuilt holds the names that operations go by against
// the documents of the stack.
func TestNamesAreThoseThatAreBuilt(t *testing.T) {
	d, n := build(func(c *config.Config) { c.CI.GitHub = "keyedin-app/shop" }), NamesOf(config.Default())
	for address, want := range map[string]string{
		"codedeploy-application/main": n.Application, "codedeploy-deployment-group/main": n.Application,
		"auto-scaling-group/application": n.Group, "load-balancer/main": n.Balancer, "target-group/main": n.Balancer,
		"instance-profile/instance": n.InstanceProfile, "db-cluster/main": n.Database,
		"bucket/private": n.Bucket, "bucket/public": n.PublicBucket, "log-group/application": n.Logs,
		"log-group/system": n.SystemLogs, "topic/alerts": n.Alerts,
		"role/github-plan": n.PlanRole, "role/github-deploy": n.DeployRole,
	} {
		if got := d.at(address).Name(); got != want {
			t.Errorf("%s is called %q, but the names say %q", address, got, want)
		}
	}
	groups := []string{n.Logs, n.SystemLogs}
	groups = append(groups, n.DatabaseLogs...)
	var built []string
	for doc := range maps.Values(d.of("log-group")) {
		built = append(built, doc.Name())
	}
	slices.Sort(groups)
	slices.Sort(built)
	if !slices.Equal(built, groups) {
		t.Errorf("the log groups are %v, but the names say %v", built, groups)
	}
}
