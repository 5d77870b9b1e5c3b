package aws

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// deploymentGroups drives DeploymentGroup. Ids are APPLICATION/GROUP, as a
// group's name is unique in its application only.
type deploymentGroups struct{ *Clients }

func (d deploymentGroups) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[DeploymentGroup], error) {
	var ids []string
	for _, k := range scope.Of(DeploymentGroup{}.Kind()) {
		if k.ID != "" {
			ids = append(ids, k.ID)
		}
		if application := nameOf(scope, wantedAs[DeploymentGroup](k).Application); application != "" && k.Document.Name() != "" {
			ids = append(ids, application+"/"+k.Document.Name())
		}
	}
	slices.Sort(ids)
	return each(ctx, slices.Compact(ids), func(ctx context.Context, id string) (*engine.Live[DeploymentGroup], error) {
		application, name, _ := strings.Cut(id, "/")
		out, err := d.CodeDeploy.GetDeploymentGroup(ctx, &codedeploy.GetDeploymentGroupInput{
			ApplicationName: aws.String(application), DeploymentGroupName: aws.String(name),
		})
		if err != nil {
			return nil, unlessGone(err)
		}
		live := engine.Live[DeploymentGroup]{ID: id, Spec: parseDeploymentGroup(out.DeploymentGroupInfo)}
		return &live, claimCodeDeploy(ctx, d.Clients, scope, &live, "deploymentgroup:"+id)
	})
}

func parseDeploymentGroup(info *types.DeploymentGroupInfo) DeploymentGroup {
	s := DeploymentGroup{
		Name: aws.ToString(info.DeploymentGroupName), Application: engine.ID[Application](aws.ToString(info.ApplicationName)),
		Role: engine.Known(aws.ToString(info.ServiceRoleArn)), Config: aws.ToString(info.DeploymentConfigName),
		Outdated: string(info.OutdatedInstancesStrategy), TerminationHook: info.TerminationHookEnabled,
	}
	if s.Outdated == "" {
		s.Outdated = string(types.OutdatedInstancesStrategyUpdate) // what AWS does when nothing is said
	}
	for _, group := range info.AutoScalingGroups {
		s.Groups = append(s.Groups, engine.ID[AutoScalingGroup](aws.ToString(group.Name)))
	}
	if style := info.DeploymentStyle; style != nil {
		s.TrafficControl = style.DeploymentOption == types.DeploymentOptionWithTrafficControl
		s.BlueGreen = style.DeploymentType == types.DeploymentTypeBlueGreen
	}
	if balancer := info.LoadBalancerInfo; balancer != nil {
		var groups []string
		for _, group := range balancer.TargetGroupInfoList {
			groups = append(groups, aws.ToString(group.Name))
		}
		s.TargetGroup = engine.Known(strings.Join(groups, ","))
	}
	if rollback := info.AutoRollbackConfiguration; rollback != nil && rollback.Enabled {
		for _, event := range rollback.Events {
			s.RollbackOn = append(s.RollbackOn, string(event))
		}
	}
	if alarms := info.AlarmConfiguration; alarms != nil && alarms.Enabled {
		for _, alarm := range alarms.Alarms {
			s.Alarms = append(s.Alarms, engine.ID[Alarm](aws.ToString(alarm.Name)))
		}
	}
	for _, t := range info.TriggerConfigurations {
		trigger := Trigger{Name: aws.ToString(t.TriggerName), Topic: engine.ID[Topic](aws.ToString(t.TriggerTargetArn))}
		for _, event := range t.TriggerEvents {
			trigger.Events = append(trigger.Events, string(event))
		}
		s.Triggers = append(s.Triggers, trigger)
	}
	return s
}

// Create gives the group all it has: without its Auto Scaling group CodeDeploy
// takes it for one of on-premises servers.
func (d deploymentGroups) Create(ctx context.Context, id engine.Identity, s DeploymentGroup) error {
	_, err := d.CodeDeploy.CreateDeploymentGroup(ctx, &codedeploy.CreateDeploymentGroupInput{
		ApplicationName: aws.String(s.Application.ID()), DeploymentGroupName: aws.String(s.Name),
		ServiceRoleArn: aws.String(s.Role.MustGet()), DeploymentConfigName: aws.String(s.Config),
		AutoScalingGroups: ids(s.Groups), DeploymentStyle: s.style(), LoadBalancerInfo: s.loadBalancer(),
		AutoRollbackConfiguration: s.rollback(), AlarmConfiguration: s.alarms(), TriggerConfigurations: s.triggers(),
		OutdatedInstancesStrategy: types.OutdatedInstancesStrategy(s.Outdated),
		TerminationHookEnabled:    aws.Bool(s.TerminationHook), Tags: toCodeDeploy(id.Tags),
	})
	return err
}

// Update sends everything, as what is left out of some fields is kept and of
// others removed; but triggers only when they change, as each time that they
// are sent CodeDeploy announces them by a mail to the topic.
func (d deploymentGroups) Update(ctx context.Context, is engine.Live[DeploymentGroup], s DeploymentGroup, changed engine.Fields) error {
	in := &codedeploy.UpdateDeploymentGroupInput{
		ApplicationName: aws.String(s.Application.ID()), CurrentDeploymentGroupName: aws.String(is.Spec.Name),
		ServiceRoleArn: aws.String(s.Role.MustGet()), DeploymentConfigName: aws.String(s.Config),
		AutoScalingGroups: ids(s.Groups), DeploymentStyle: s.style(), LoadBalancerInfo: s.loadBalancer(),
		AutoRollbackConfiguration: s.rollback(), AlarmConfiguration: s.alarms(),
		OutdatedInstancesStrategy: types.OutdatedInstancesStrategy(s.Outdated),
		TerminationHookEnabled:    aws.Bool(s.TerminationHook),
	}
	if changed.Has("triggers") {
		in.TriggerConfigurations = s.triggers()
	}
	_, err := d.CodeDeploy.UpdateDeploymentGroup(ctx, in)
	return err
}

func (s DeploymentGroup) style() *types.DeploymentStyle {
	style := types.DeploymentStyle{
		DeploymentType: types.DeploymentTypeInPlace, DeploymentOption: types.DeploymentOptionWithoutTrafficControl,
	}
	if s.TrafficControl {
		style.DeploymentOption = types.DeploymentOptionWithTrafficControl
	}
	return &style
}

func (s DeploymentGroup) loadBalancer() *types.LoadBalancerInfo {
	name := s.TargetGroup.MustGet()
	if name == "" {
		return &types.LoadBalancerInfo{}
	}
	return &types.LoadBalancerInfo{TargetGroupInfoList: []types.TargetGroupInfo{{Name: aws.String(name)}}}
}

func (s DeploymentGroup) rollback() *types.AutoRollbackConfiguration {
	r := &types.AutoRollbackConfiguration{Enabled: len(s.RollbackOn) > 0}
	for _, event := range s.RollbackOn {
		r.Events = append(r.Events, types.AutoRollbackEvent(event))
	}
	return r
}

func (s DeploymentGroup) alarms() *types.AlarmConfiguration {
	a := &types.AlarmConfiguration{Enabled: len(s.Alarms) > 0}
	for _, alarm := range s.Alarms {
		a.Alarms = append(a.Alarms, types.Alarm{Name: aws.String(alarm.ID())})
	}
	return a
}

func (s DeploymentGroup) triggers() []types.TriggerConfig {
	triggers := []types.TriggerConfig{} // not nil: an empty list removes what is there
	for _, t := range s.Triggers {
		trigger := types.TriggerConfig{TriggerName: aws.String(t.Name), TriggerTargetArn: aws.String(t.Topic.ID())}
		for _, event := range t.Events {
			trigger.TriggerEvents = append(trigger.TriggerEvents, types.TriggerEventType(event))
		}
		triggers = append(triggers, trigger)
	}
	return triggers
}

// Delete takes the group's lifecycle hooks out of the Auto Scaling groups, as
// CodeDeploy does itself unless it may not: with a hook left over, each new
// server waits an hour for a deployment, and is then taken away.
func (d deploymentGroups) Delete(ctx context.Context, is engine.Live[DeploymentGroup]) error {
	out, err := d.CodeDeploy.DeleteDeploymentGroup(ctx, &codedeploy.DeleteDeploymentGroupInput{
		ApplicationName: aws.String(is.Spec.Application.ID()), DeploymentGroupName: aws.String(is.Spec.Name),
	})
	if err != nil {
		return err
	}
	for _, group := range out.HooksNotCleanedUp {
		for _, hook := range []*string{group.Hook, group.TerminationHook} {
			if aws.ToString(hook) == "" {
				continue
			}
			if _, err := d.AutoScaling.DeleteLifecycleHook(ctx, &autoscaling.DeleteLifecycleHookInput{
				AutoScalingGroupName: group.Name, LifecycleHookName: hook,
			}); err != nil {
				return &HookLeft{Group: aws.ToString(group.Name), Hook: aws.ToString(hook), Err: err}
			}
		}
	}
	return nil
}

// Tag implements engine.Tagger.
func (d deploymentGroups) Tag(ctx context.Context, id string, set map[string]string, unset []string) error {
	return d.tagCodeDeploy(ctx, "deploymentgroup:"+id, set, unset)
}

// HookLeft reports a lifecycle hook of a deleted deployment group that neither
// CodeDeploy nor keyedin could remove.
type HookLeft struct {
	Group, Hook string
	Err         error
}

func (e *HookLeft) Error() string {
	return fmt.Sprintf("CodeDeploy left its hook in Auto Scaling group %s, for which each new server waits an hour (%v); remove it with: "+
		"aws autoscaling delete-lifecycle-hook --auto-scaling-group-name %s --lifecycle-hook-name %s", e.Group, e.Err, e.Group, e.Hook)
}

// Unwrap returns why the hook could not be removed.
func (e *HookLeft) Unwrap() error { return e.Err }
