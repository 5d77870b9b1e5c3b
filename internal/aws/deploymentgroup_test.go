package aws

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

func TestDeploymentGroup(t *testing.T) {
	add := func(edit func(*DeploymentGroup)) enginetest.Step {
		return func(st *engine.Stack) {
			name := st.Project + "-" + st.Environment
			topic := engine.Add(st, "alerts", Topic{Name: name + "-alerts"})
			role := engine.Add(st, "codedeploy", Role{
				Name: name + "-codedeploy", Path: RolePath(st.Environment), Trust: "codedeploy.amazonaws.com",
				Policy: Policy{Statements: engine.Set[Statement]{Allow([]string{"sns:Publish"}, TopicARN(topic))}},
			})
			alarm := engine.Add(st, "errors", Alarm{
				Name: name + "-errors", Namespace: "AWS/ApplicationELB", Metric: "HTTPCode_Target_5XX_Count", Statistic: "Sum",
				Period: 60, Periods: 1, Datapoints: 1, Comparison: "GreaterThanThreshold", Missing: "notBreaching",
			})
			g := DeploymentGroup{
				Name: "app", Role: RoleARN(role), Application: engine.Add(st, "app", Application{Name: name, Platform: PlatformServer}),
				TargetGroup: engine.Known(name), TrafficControl: true, Config: "CodeDeployDefault.OneAtATime", Outdated: "UPDATE",
				RollbackOn: engine.Set[string]{"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"},
				Alarms:     engine.Set[engine.Ref[Alarm]]{alarm},
				Triggers:   engine.Set[Trigger]{{"failures", topic, engine.Set[string]{"DeploymentFailure", "DeploymentStop"}}},
			}
			edit(&g)
			engine.Add(st, "app", g)
		}
	}
	conform(t,
		add(func(*DeploymentGroup) {}),
		add(func(g *DeploymentGroup) { g.Config, g.Outdated = "CodeDeployDefault.HalfAtATime", "IGNORE" }),
		add(func(g *DeploymentGroup) { g.Triggers[0].Events = engine.Set[string]{"DeploymentRollback"} }),
		add(func(g *DeploymentGroup) { g.RollbackOn = engine.Set[string]{"DEPLOYMENT_FAILURE"} }),
		add(func(g *DeploymentGroup) { g.Alarms, g.Triggers, g.RollbackOn = nil, nil, nil }),
		add(func(g *DeploymentGroup) { g.TargetGroup, g.TrafficControl = engine.Value[string]{}, false }),
		add(func(g *DeploymentGroup) { g.TerminationHook = true }),
	)
}

// What someone else has set shows, and so does all that we set.
func TestParseDeploymentGroup(t *testing.T) {
	want := DeploymentGroup{
		Name: "app", Application: engine.ID[Application]("keyedin"), Role: engine.Known("arn:aws:iam::123456789012:role/deploy"),
		Groups: refs[AutoScalingGroup]([]string{"keyedin-app"}), TargetGroup: engine.Known("keyedin-app"), TrafficControl: true,
		Config: "CodeDeployDefault.OneAtATime", RollbackOn: engine.Set[string]{"DEPLOYMENT_FAILURE"}, Alarms: refs[Alarm]([]string{"errors"}),
		Triggers: engine.Set[Trigger]{{"failures", engine.ID[Topic]("arn:aws:sns:us-east-1:123456789012:alerts"), engine.Set[string]{"DeploymentFailure"}}},
		Outdated: "IGNORE", TerminationHook: true,
	}
	info := func() *types.DeploymentGroupInfo {
		return &types.DeploymentGroupInfo{
			DeploymentGroupName: aws.String("app"), ApplicationName: aws.String("keyedin"),
			ServiceRoleArn: aws.String(want.Role.MustGet()), DeploymentConfigName: aws.String(want.Config),
			AutoScalingGroups: []types.AutoScalingGroup{{Name: aws.String("keyedin-app"), Hook: aws.String("CodeDeploy-hook")}},
			DeploymentStyle:   want.style(), LoadBalancerInfo: want.loadBalancer(), AutoRollbackConfiguration: want.rollback(),
			AlarmConfiguration: want.alarms(), TriggerConfigurations: want.triggers(),
			OutdatedInstancesStrategy: types.OutdatedInstancesStrategyIgnore, TerminationHookEnabled: true,
		}
	}
	tests := map[string]struct {
		found func(*types.DeploymentGroupInfo)
		want  func(*DeploymentGroup)
	}{
		"as made":      {func(*types.DeploymentGroupInfo) {}, func(*DeploymentGroup) {}},
		"rollback off": {func(i *types.DeploymentGroupInfo) { i.AutoRollbackConfiguration.Enabled = false }, func(g *DeploymentGroup) { g.RollbackOn = nil }},
		"alarms off":   {func(i *types.DeploymentGroupInfo) { i.AlarmConfiguration.Enabled = false }, func(g *DeploymentGroup) { g.Alarms = nil }},
		"blue/green":   {func(i *types.DeploymentGroupInfo) { i.DeploymentStyle.DeploymentType = types.DeploymentTypeBlueGreen }, func(g *DeploymentGroup) { g.BlueGreen = true }},
		"unsaid":       {func(i *types.DeploymentGroupInfo) { i.OutdatedInstancesStrategy = "" }, func(g *DeploymentGroup) { g.Outdated = "UPDATE" }},
		"a second one": {func(i *types.DeploymentGroupInfo) {
			i.LoadBalancerInfo.TargetGroupInfoList = append(i.LoadBalancerInfo.TargetGroupInfoList, types.TargetGroupInfo{Name: aws.String("other")})
		}, func(g *DeploymentGroup) { g.TargetGroup = engine.Known("keyedin-app,other") }},
		"detached":      {func(i *types.DeploymentGroupInfo) { i.AutoScalingGroups = nil }, func(g *DeploymentGroup) { g.Groups = nil }},
		"no style said": {func(i *types.DeploymentGroupInfo) { i.DeploymentStyle = nil }, func(g *DeploymentGroup) { g.TrafficControl = false }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			found, expected := info(), want
			test.found(found)
			test.want(&expected)
			if d := cmp.Diff(string(mustJSON(expected)), string(mustJSON(parseDeploymentGroup(found)))); d != "" {
				t.Error(d)
			}
		})
	}
}

// With a hook left in its Auto Scaling group each new server would wait an hour.
func TestHooksLeftOver(t *testing.T) {
	tests := map[string]struct {
		refused bool
		want    string
	}{
		"removed": {false, ""},
		"refused": {true, "aws autoscaling delete-lifecycle-hook --auto-scaling-group-name keyedin-app --lifecycle-hook-name launch"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var removed []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".DeleteDeploymentGroup") {
					w.Write([]byte(`{"hooksNotCleanedUp":[{"name":"keyedin-app","hook":"launch","terminationHook":"stop"}]}`))
					return
				}
				if test.refused {
					w.WriteHeader(http.StatusForbidden)
					w.Write([]byte(`<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`))
					return
				}
				removed = append(removed, r.FormValue("LifecycleHookName"))
				w.Write([]byte(`<DeleteLifecycleHookResponse><DeleteLifecycleHookResult/></DeleteLifecycleHookResponse>`))
			}))
			defer server.Close()
			driver := deploymentGroups{NewClients(aws.Config{
				Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
			})}
			is := engine.Live[DeploymentGroup]{Spec: DeploymentGroup{Name: "app", Application: engine.ID[Application]("keyedin")}}
			err := driver.Delete(t.Context(), is)
			switch {
			case test.want == "" && (err != nil || !slices.Equal(removed, []string{"launch", "stop"})):
				t.Errorf("Delete = %v, hooks removed: %v", err, removed)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || Classify(err) != engine.Denied):
				t.Errorf("Delete = %v, want %q", err, test.want)
			}
		})
	}
}
