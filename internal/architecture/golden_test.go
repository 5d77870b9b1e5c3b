package architecture

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/config"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Each preset that can be built, and the far ends of the config, document by
// document.
func TestGolden(t *testing.T) {
	for name, edit := range map[string]func(*config.Config){
		"launch": func(*config.Config) {},
		"small": func(c *config.Config) {
			c.Environment = "staging"
			c.Network.Zones = 2
			c.App.Instances = config.Instances{Types: []string{"t4g.small"}, OnDemand: 1, Min: 1, Max: 1, RequestsPerTarget: 500}
			c.Database = config.Database{Engine: "aurora-mysql-8.0", Serverless: &config.Serverless{Min: 0, Max: 2}, BackupDays: 1}
			c.Bastion.Type = "none"
			c.Alerts = nil
			c.CI.GitHub = "keyedin-app@1234567/shop@76543210"
			c.Messages = []string{"deploy"}
		},
		"large": func(c *config.Config) {
			c.Name = strings.Repeat("keyedin-", 7) + "shop"
			c.Region = "cn-north-1"
			c.Database.Readers = 3
			c.Database.Engine = "5.7.mysql_aurora.2.12.5"
			c.Bastion.Allow = nil
			c.CI.GitHub = "keyedin-app/shop"
			c.Tags = map[string]string{"team": "web", "cost-center": "42", "Name": "shop"}
		},
	} {
		t.Run(name, func(t *testing.T) { golden(t, name+".json", build(edit).text(t)) })
	}
}

// What a person would count, so that an object more or less is noticed.
func TestLaunchIsThisMany(t *testing.T) {
	d := build()
	want := map[string]int{
		"vpc": 1, "default-security-group": 1, "internet-gateway": 1, "subnet": 6, "route-table": 4, "vpc-endpoint": 1,
		"security-group": 4, "security-group-rule": 4,
		"hosted-zone": 1, "record": 4, "certificate": 1,
		"load-balancer": 1, "target-group": 1, "listener": 2,
		"role": 3, "instance-profile": 2,
		"service-linked-role": 2, "launch-template": 1, "auto-scaling-group": 1, "scaling-policy": 1,
		"db-subnet-group": 1, "db-cluster-parameter-group": 1, "db-cluster": 1, "db-instance": 1,
		"key-pair": 1, "instance": 1, "repository": 2, "bucket": 2,
		"codedeploy-application": 1, "codedeploy-deployment-group": 1, "topic": 1,
		"log-group": 4, "alarm": 6,
	}
	total := 0
	for kind, n := range want {
		total += n
		if got := len(d.of(kind)); got != n {
			t.Errorf("%d of %s, want %d", got, kind, n)
		}
	}
	if got := len(d.stack.Addresses()); got != total {
		t.Errorf("%d objects, want %d", got, total)
	}
}

// The first apply makes the private bucket before there is a state, and the
// engine must then find it as declared.
func TestPrivateBucketIsTheDeclaredOne(t *testing.T) {
	c := config.Default()
	spec, id := PrivateBucket(c, facts(c))
	d := build()
	want := d.at(id.Address)
	st := engine.NewStack(id.Project, id.Environment, nil)
	engine.Add(st, "private", spec)
	got, _ := st.Document(id.Address)
	got["$module"] = want["$module"]
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	tags := map[string]any{}
	for key, value := range id.Tags {
		tags[key] = value
	}
	if diff := cmp.Diff(want["tags"], any(tags)); diff != "" {
		t.Error(diff)
	}
}
