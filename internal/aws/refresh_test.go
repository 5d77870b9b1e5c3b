package aws

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"
)

// scaling answers Auto Scaling's calls about one group, at version 3 of its
// template, as AWS words them.
type scaling struct {
	group     string // what DescribeAutoScalingGroups lists
	activity  string // the newest scaling activity
	refusal   string // the code that StartInstanceRefresh and CancelInstanceRefresh answer
	refreshes []string
	looks     int
	asked     map[string]url.Values
}

const mixedGroup = `<member><AutoScalingGroupName>web</AutoScalingGroupName><MixedInstancesPolicy>
	<InstancesDistribution><OnDemandBaseCapacity>1</OnDemandBaseCapacity></InstancesDistribution>
	<LaunchTemplate><LaunchTemplateSpecification><LaunchTemplateId>lt-0a</LaunchTemplateId><LaunchTemplateName>web</LaunchTemplateName><Version>3</Version></LaunchTemplateSpecification>
	<Overrides><member><InstanceType>t3.small</InstanceType></member></Overrides></LaunchTemplate></MixedInstancesPolicy></member>`

func refreshXML(status, version string, percent int) string {
	desired := ""
	if version != "" {
		desired = `<DesiredConfiguration><MixedInstancesPolicy><LaunchTemplate><LaunchTemplateSpecification><Version>` + version + `</Version></LaunchTemplateSpecification></LaunchTemplate></MixedInstancesPolicy></DesiredConfiguration>`
	}
	return fmt.Sprintf(`<member><InstanceRefreshId>running</InstanceRefreshId><Status>%s</Status><StatusReason>because</StatusReason><PercentageComplete>%d</PercentageComplete><InstancesToUpdate>1</InstancesToUpdate>%s</member>`, status, percent, desired)
}

func (s *scaling) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	action := form.Get("Action")
	if s.asked == nil {
		s.asked = map[string]url.Values{}
	}
	s.asked[action] = form
	answer := func(inner string) {
		fmt.Fprintf(w, "<%sResponse><%sResult>%s</%sResult></%sResponse>", action, action, inner, action, action)
	}
	switch action {
	case "DescribeAutoScalingGroups":
		answer("<AutoScalingGroups>" + s.group + "</AutoScalingGroups>")
	case "DescribeScalingActivities":
		answer("<Activities>" + s.activity + "</Activities>")
	case "DescribeInstanceRefreshes":
		look := ""
		if len(s.refreshes) > 0 {
			look = s.refreshes[min(s.looks, len(s.refreshes)-1)]
		}
		s.looks++
		answer("<InstanceRefreshes>" + look + "</InstanceRefreshes>")
	default:
		if s.refusal != "" {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>no</Message></Error></ErrorResponse>", s.refusal)
			return
		}
		answer("<InstanceRefreshId>fresh</InstanceRefreshId>")
	}
}

func (s *scaling) clients(t *testing.T) *Clients {
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return NewClients(aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	})
}

func TestStartRefreshAsksForNewInstancesBeforeOldOnesGo(t *testing.T) {
	for version, rollback := range map[string]string{"": "false", "3": "false", "4": "true"} {
		s := &scaling{group: mixedGroup}
		r, err := s.clients(t).StartRefresh(t.Context(), "web", version)
		if err != nil || r.ID != "fresh" || !r.Running() {
			t.Fatalf("version %q: got %v, %v", version, r, err)
		}
		asked, template := s.asked["StartInstanceRefresh"], "DesiredConfiguration.MixedInstancesPolicy.LaunchTemplate."
		want := map[string]string{
			"Preferences.MinHealthyPercentage": "100", "Preferences.MaxHealthyPercentage": "200",
			"Preferences.SkipMatching": "true", "Preferences.AutoRollback": rollback,
			"Preferences.ScaleInProtectedInstances": "Ignore", "Preferences.StandbyInstances": "Ignore",
			template + "LaunchTemplateSpecification.LaunchTemplateId":                              "lt-0a",
			template + "LaunchTemplateSpecification.LaunchTemplateName":                            "",
			template + "LaunchTemplateSpecification.Version":                                       r.Version,
			template + "Overrides.member.1.InstanceType":                                           "t3.small",
			"DesiredConfiguration.MixedInstancesPolicy.InstancesDistribution.OnDemandBaseCapacity": "1",
		}
		for field, value := range want {
			if asked.Get(field) != value {
				t.Errorf("version %q: %s is %q, want %q", version, field, asked.Get(field), value)
			}
		}
		if version != "" && r.Version != version {
			t.Errorf("got version %s, want %s", r.Version, version)
		}
	}
}

func TestStartRefreshWhileOneIsUnderWay(t *testing.T) {
	tests := []struct {
		name, running string
		joined, other bool
	}{
		{name: "to the same version", running: refreshXML("InProgress", "4", 40), joined: true},
		{name: "to another version", running: refreshXML("InProgress", "5", 40), other: true},
		{name: "to the version the group has", running: refreshXML("Pending", "", 0), other: true},
		{name: "being cancelled", running: refreshXML("Cancelling", "4", 40), other: true},
		{name: "going back", running: refreshXML("RollbackInProgress", "4", 40), other: true},
		{name: "just ended", running: refreshXML("Successful", "4", 100)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := &scaling{group: mixedGroup, refusal: "InstanceRefreshInProgress", refreshes: []string{test.running}}
			r, err := s.clients(t).StartRefresh(t.Context(), "web", "4")
			_, other := errors.AsType[*OtherRefresh](err)
			if joined := err == nil && r.ID == "running"; joined != test.joined || other != test.other {
				t.Errorf("got %v, %v", r, err)
			}
			if !test.joined && err == nil {
				t.Error("neither joined nor refused")
			}
		})
	}
}

func TestStartRefreshOfNothing(t *testing.T) {
	_, err := (&scaling{}).clients(t).StartRefresh(t.Context(), "web", "")
	if _, none := errors.AsType[*NoGroup](err); !none {
		t.Errorf("got %v, want NoGroup", err)
	}
}

func TestWatchRefreshLooksUntilTheEnd(t *testing.T) {
	s := &scaling{refreshes: []string{refreshXML("Pending", "4", 0), refreshXML("InProgress", "4", 50), refreshXML("Baking", "4", 100), refreshXML("Failed", "4", 50)}}
	var seen []string
	slept := 0
	sleep := func(context.Context, time.Duration) error { slept++; return nil }
	r, err := s.clients(t).WatchRefresh(t.Context(), "web", "running", sleep, func(r Refresh) { seen = append(seen, r.Status) })
	if err != nil || r.Succeeded() || r.Reason != "because" || r.Percent != 50 || r.Left != 1 || r.Version != "4" {
		t.Errorf("got %+v, %v", r, err)
	}
	if d := cmp.Diff([]string{"Pending", "InProgress", "Baking", "Failed"}, seen); d != "" || slept != 3 {
		t.Errorf("slept %d times, saw %s", slept, d)
	}
	stop := errors.New("interrupted")
	s.looks = 0
	if _, err := s.clients(t).WatchRefresh(t.Context(), "web", "running", func(context.Context, time.Duration) error { return stop }, func(Refresh) {}); !errors.Is(err, stop) {
		t.Errorf("got %v, want the clock's error", err)
	}
}

func TestCancelRefresh(t *testing.T) {
	for code, fails := range map[string]bool{"": false, "ActiveInstanceRefreshNotFound": false, "ValidationError": true} {
		if err := (&scaling{refusal: code}).clients(t).CancelRefresh(t.Context(), "web"); (err != nil) != fails {
			t.Errorf("%q: got %v", code, err)
		}
	}
	if ended := []string{"Successful", "Failed", "Cancelled", "RollbackFailed", "RollbackSuccessful", ""}; slices.ContainsFunc(ended, func(s string) bool { return Refresh{Status: s}.Running() }) {
		t.Error("a refresh that has ended counts as running")
	}
}
