package aws

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
)

// herd is a group of two in the account's default network.
type herd struct {
	autoScalingGroups
	t        *testing.T
	template LaunchTemplate
	group    AutoScalingGroup
}

func newHerd(t *testing.T) *herd {
	t.Helper()
	c := NewClients(bench.Start(t).Config())
	h := &herd{autoScalingGroups: autoScalingGroups{c}, t: t, template: webTemplate(engine.NewStack("sample", "test", nil))}
	subnets, err := c.EC2.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{})
	h.must(err)
	groups, err := c.EC2.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{})
	h.must(err)
	_, err = c.IAM.CreateInstanceProfile(t.Context(), &iam.CreateInstanceProfileInput{InstanceProfileName: aws.String("sample-test")})
	h.must(err)
	h.template.Image, h.template.SecurityGroups = amazonLinuxImage, refs[SecurityGroup]([]string{*groups.SecurityGroups[0].GroupId})
	h.must(launchTemplates{ec2Kind{c}}.Create(t.Context(), engine.Identity{Token: "1", Tags: engine.Identify("sample", "test", "launch-template/web")}, h.template))
	h.group = AutoScalingGroup{
		Name: "sample-test", Template: engine.ID[LaunchTemplate](h.live().ID), Version: engine.Known("1"), Types: []string{"t3.small", "t3a.small"},
		Subnets: refs[Subnet]([]string{*subnets.Subnets[0].SubnetId}), Min: 2, Max: 4, Desired: 2, OnDemandBase: 2,
		SpotStrategy: "price-capacity-optimized", HealthCheck: "EC2", GracePeriod: 60,
	}
	h.must(h.Create(t.Context(), engine.Identity{Tags: engine.Identify("sample", "test", "auto-scaling-group/web")}, h.group))
	return h
}

func (h *herd) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *herd) live() engine.Live[LaunchTemplate] {
	h.t.Helper()
	return readTemplate(h.t, launchTemplates{ec2Kind{h.Clients}})
}

// newVersion makes and returns another version of the template.
func (h *herd) newVersion() string {
	h.t.Helper()
	h.template.UserData = engine.Known(h.template.UserData.MustGet() + "true\n")
	h.must(launchTemplates{ec2Kind{h.Clients}}.Update(h.t.Context(), h.live(), h.template, engine.Fields{"user-data"}))
	return h.live().Attrs["version"].(string)
}

// settled reads the group until it has the instances it wants.
func (h *herd) settled() engine.Live[AutoScalingGroup] {
	h.t.Helper()
	for range 50 {
		lives, err := h.Read(h.t.Context(), engine.NewScope("sample", "test", nil))
		h.must(err)
		if lives[0].Status == engine.Ready {
			return lives[0]
		}
		time.Sleep(20 * time.Millisecond)
	}
	h.t.Fatal("the group never has its instances")
	return engine.Live[AutoScalingGroup]{}
}

// watch follows a refresh to its end and returns the statuses it went through.
func (h *herd) watch(r Refresh) []string {
	h.t.Helper()
	var seen []string
	_, err := h.WatchRefresh(h.t.Context(), h.group.Name, r.ID, func(context.Context, time.Duration) error { return nil }, func(r Refresh) {
		if !slices.Contains(seen, r.Status) {
			seen = append(seen, r.Status)
		}
	})
	h.must(err)
	return seen
}

func TestRefreshTakesRunningInstancesToTheGroupsVersion(t *testing.T) {
	t.Parallel()
	h := newHerd(t)
	is := h.settled()
	want := h.group
	want.Version = engine.Known(h.newVersion())
	h.must(h.Update(t.Context(), is, want, engine.Fields{"version"}))
	if got := h.settled(); got.Attrs["outdated"] != 2 || got.Attrs["instances"] != 2 {
		t.Fatalf("after the change of version: %v, want 2 of 2 outdated", got.Attrs)
	}
	r, err := h.StartRefresh(t.Context(), want.Name, "")
	h.must(err)
	if again, err := h.StartRefresh(t.Context(), want.Name, "2"); err != nil || again.ID != r.ID {
		t.Errorf("a second start gives %v, %v; want to join %s", again, err, r.ID)
	}
	if seen := h.watch(r); seen[len(seen)-1] != "Successful" {
		t.Errorf("went through %v", seen)
	}
	if got := h.settled(); got.Attrs["outdated"] != 0 || got.Attrs["instances"] != 2 {
		t.Errorf("after the refresh: %v, want none outdated", got.Attrs)
	}
}

func TestRefreshToANewVersionTakesTheGroupAlong(t *testing.T) {
	t.Parallel()
	h := newHerd(t)
	h.settled()
	version := h.newVersion()
	r, err := h.StartRefresh(t.Context(), h.group.Name, version)
	h.must(err)
	h.watch(r)
	if got := h.settled(); got.Spec.Version.MustGet() != version || got.Attrs["outdated"] != 0 {
		t.Errorf("the group is at version %s with %v outdated, want %s and 0", got.Spec.Version.MustGet(), got.Attrs["outdated"], version)
	}
	h.must(h.CancelRefresh(t.Context(), h.group.Name))
	if last, err := h.RefreshStatus(t.Context(), h.group.Name, ""); err != nil || last.ID != r.ID || !last.Succeeded() {
		t.Errorf("the newest refresh is %+v, %v", last, err)
	}
}
