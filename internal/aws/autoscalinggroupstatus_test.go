package aws

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// groupXML is a group of at least two, at version 3 of its template, with
// instances given as "STATE HEALTH VERSION".
func groupXML(extra string, instances ...string) string {
	var list strings.Builder
	for i, text := range instances {
		f := strings.Fields(text)
		fmt.Fprintf(&list, `<member><InstanceId>i-%d</InstanceId><LifecycleState>%s</LifecycleState><HealthStatus>%s</HealthStatus>
			<LaunchTemplate><LaunchTemplateId>lt-0a</LaunchTemplateId><Version>%s</Version></LaunchTemplate></member>`, i, f[0], f[1], f[2])
	}
	tags := ""
	for key, value := range engine.Identify("sample", "test", "auto-scaling-group/web") {
		tags += "<member><Key>" + key + "</Key><Value>" + value + "</Value></member>"
	}
	return strings.TrimSuffix(mixedGroup, "</member>") + `<MinSize>2</MinSize><Tags>` + tags + `</Tags><Instances>` + list.String() + `</Instances>` + extra + `</member>`
}

func TestStatusOfAGroup(t *testing.T) {
	starting := `<member><StatusCode>PreInService</StatusCode></member>`
	started := `<member><StatusCode>Successful</StatusCode></member>`
	failed := `<member><StatusCode>Failed</StatusCode><StatusMessage>There is no Spot capacity available.</StatusMessage></member>`
	tests := []struct {
		name, group, activity string
		status                engine.Status
		reason                string
		running, outdated     int
	}{
		{name: "ready", group: groupXML("", "InService Healthy 3", "InService Healthy 3"), status: engine.Ready, running: 2},
		{name: "ready, one of an older version", group: groupXML("", "InService Healthy 3", "InService Healthy 2"), running: 2, outdated: 1},
		{name: "still starting", group: groupXML("", "InService Healthy 3", "Pending Healthy 3"), status: engine.Pending, reason: "1 of 2 instances in service", running: 1},
		{name: "one is unhealthy", group: groupXML("", "InService Healthy 3", "InService Unhealthy 3"), status: engine.Pending, reason: "1 of 2 instances in service", running: 1},
		{name: "no capacity", group: groupXML("", "InService Healthy 3"), activity: failed, status: engine.Pending, reason: "1 of 2 instances in service; There is no Spot capacity available. If AWS has no capacity, allow more app.instances.types, or make app.instances.on-demand as many as app.instances.min", running: 1},
		{name: "tries again", group: groupXML("", "InService Healthy 3"), activity: starting + failed, status: engine.Pending, reason: "1 of 2 instances in service; There is no Spot capacity available. If AWS has no capacity, allow more app.instances.types, or make app.instances.on-demand as many as app.instances.min", running: 1},
		{name: "had no capacity once", group: groupXML("", "InService Healthy 3"), activity: starting + started + failed, status: engine.Pending, reason: "1 of 2 instances in service", running: 1},
		{
			name: "launching is suspended", activity: failed, status: engine.Pending, reason: "0 of 2 instances in service; launching is suspended",
			group: groupXML("<SuspendedProcesses><member><ProcessName>Launch</ProcessName></member></SuspendedProcesses>"),
		},
		{name: "going", group: groupXML("<Status>Delete in progress</Status>", "Terminating Healthy 3"), status: engine.Deleting, reason: "1 instances are being ended"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := &scaling{group: test.group, activity: test.activity}
			lives, err := autoScalingGroups{s.clients(t)}.Read(t.Context(), engine.NewScope("sample", "test", nil))
			if err != nil || len(lives) != 1 {
				t.Fatalf("read %v, %v", lives, err)
			}
			got := lives[0]
			if got.Status != test.status || got.Reason != test.reason {
				t.Errorf("got %v: %q, want %v: %q", got.Status, got.Reason, test.status, test.reason)
			}
			want := map[string]any{"arn": "", "instances": test.running, "outdated": test.outdated}
			if d := cmp.Diff(want, got.Attrs); d != "" {
				t.Error(d)
			}
			if _, asked := s.asked["DescribeScalingActivities"]; asked && test.status != engine.Pending {
				t.Error("asks for activities of a group that is not short of instances")
			}
		})
	}
}

func TestDeletingAGroupThatIsGone(t *testing.T) {
	is := engine.Live[AutoScalingGroup]{ID: "web"}
	for group, fails := range map[string]bool{"": false, mixedGroup: true} {
		s := &scaling{group: group, refusal: "ValidationError"}
		if err := (autoScalingGroups{s.clients(t)}).Delete(t.Context(), is); (err != nil) != fails {
			t.Errorf("left %q: got %v", group, err)
		}
	}
}

func TestAGroupOfSomeoneElse(t *testing.T) {
	t.Parallel()
	h := newHerd(t)
	known := []engine.Expected{{Kind: "auto-scaling-group", Address: "auto-scaling-group/web", Document: engine.Document{"name": h.group.Name}}}
	for project, want := range map[string][]bool{"sample": {false}, "other": {true}} {
		lives, err := h.Read(t.Context(), engine.NewScope(project, "test", known))
		h.must(err)
		var foreign []bool
		for _, live := range lives {
			foreign = append(foreign, live.Foreign)
		}
		if d := cmp.Diff(want, foreign); d != "" {
			t.Errorf("%s sees the group as foreign: %s", project, d)
		}
	}
	lives, err := h.Read(t.Context(), engine.NewScope("other", "test", nil))
	h.must(err)
	if len(lives) > 0 {
		t.Errorf("a project that wants no group of that name reads %v", lives)
	}
}
