package architecture

import (
	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

const (
	serverDisk = 20 // GiB: the system, and the images of a few releases
	// graceSeconds is how long a new instance's health is not looked at. The first
	// boot takes 2 to 4 minutes without a baked image.
	graceSeconds  = 300
	warmupSeconds = 180
)

// groupName is the Auto Scaling group's name; the deployer's role names it
// before it is there.
func (e environment) groupName() string { return e.name("application") }

// compute is a group of instances of one template: some on-demand, the rest
// spot, as many as the requests ask for.
func compute(e environment, net netRefs, doors doorRefs, lb balancerRefs, roles roleRefs,
	logs logRefs, db engine.Ref[aws.DBCluster]) engine.Ref[aws.AutoScalingGroup] {
	e.Module("compute")
	in := e.config.App.Instances
	spot := engine.Add(e.Stack, "spot", aws.ServiceLinkedRole{Service: aws.SpotService})
	template := engine.Add(e.Stack, "application", aws.LaunchTemplate{
		Name: e.name("application"), Image: e.facts.Image, Profile: roles.instance,
		SecurityGroups: engine.Set[engine.Ref[aws.SecurityGroup]]{doors.application},
		PublicIP:       true, UserData: e.firstBoot(logs, db),
		Disk: aws.Disk{Device: aws.RootDevice, Size: serverDisk, Type: "gp3", Encrypted: true},
		// Containers ask for the role's credentials too, one hop further.
		Metadata:     aws.Metadata{Tokens: "required", HopLimit: 2},
		InstanceTags: e.instanceTags("application"),
	})
	group := engine.Add(e.Stack, "application", aws.AutoScalingGroup{
		Name: e.groupName(), Template: template, Version: aws.LaunchTemplateVersion(template),
		Types: in.Types, Subnets: net.public,
		TargetGroups: engine.Set[engine.Ref[aws.TargetGroup]]{lb.target},
		Min:          in.Min, Max: in.Max, Desired: in.Min,
		OnDemandBase: in.OnDemand, OnDemandPercent: 0,
		SpotStrategy: "price-capacity-optimized", CapacityRebalance: true,
		HealthCheck: "ELB", GracePeriod: graceSeconds, Warmup: warmupSeconds,
		After: append(engine.After{engine.Behind(spot)}, net.reachable...),
	})
	engine.Add(e.Stack, "requests", aws.ScalingPolicy{
		Name: "requests", Group: group, RequestsPerTarget: in.RequestsPerTarget,
		Label: aws.RequestCountLabel(lb.balancer, lb.target), After: lb.serving,
	})
	return group
}
