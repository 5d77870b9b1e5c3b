package session

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Bastion is the name of the machine that people go through to the database.
const Bastion = "bastion"

// Machine is an EC2 instance that one can get into.
type Machine struct {
	ID string `json:"id"`
	// Name is the id, or bastion.
	Name string `json:"name"`
	// Address is its public one, or empty.
	Address string `json:"address,omitempty"`
	Zone    string `json:"zone"`
	// Serving is that the load balancer's group counts on it.
	Serving  bool      `json:"serving"`
	Launched time.Time `json:"launched"`
}

// Machines are the environment's: the application's instances and the bastion.
type Machines struct {
	EC2         *ec2.Client
	AutoScaling *autoscaling.Client
	// Project and Environment are the values of the tags with these names.
	Project, Environment string
	// Group is the Auto Scaling group of the application's instances.
	Group string
}

// NoMachine reports one that is not there; Near are those that are.
type NoMachine struct {
	Name string
	Near []string
}

func (e *NoMachine) Error() string {
	text := "the environment has no running machine " + e.Name
	if len(e.Near) > 0 {
		text += ". It has: " + strings.Join(e.Near, ", ")
	}
	return text
}

// NoneServing reports that no instance of the application is in service.
type NoneServing struct{ Group string }

func (e *NoneServing) Error() string {
	return fmt.Sprintf("no instance of the Auto Scaling group %s is healthy and in service; `keyedin status` shows how they are", e.Group)
}

// List reads the running machines, the application's first, the oldest first.
func (m Machines) List(ctx context.Context) ([]Machine, error) {
	var all []Machine
	pages := ec2.NewDescribeInstancesPaginator(m.EC2, &ec2.DescribeInstancesInput{Filters: []types.Filter{
		{Name: aws.String("tag:" + engine.TagProject), Values: []string{m.Project}},
		{Name: aws.String("tag:" + engine.TagEnvironment), Values: []string{m.Environment}},
		{Name: aws.String("instance-state-name"), Values: []string{"running"}},
	}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Reservations {
			for _, i := range r.Instances {
				if one, ok := m.machine(i); ok {
					all = append(all, one)
				}
			}
		}
	}
	if err := m.serving(ctx, all); err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b Machine) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), a.Launched.Compare(b.Launched), strings.Compare(a.ID, b.ID))
	})
	return all, nil
}

func rank(m Machine) int {
	switch {
	case m.Name == Bastion:
		return 2
	case !m.Serving:
		return 1
	}
	return 0
}

// groupTag is how Auto Scaling marks the instances of a group.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-tagging.html
const groupTag = "aws:autoscaling:groupName"

// machine is an instance, if it is the application's or the bastion; those that
// images are made with have the environment's tags as well.
func (m Machines) machine(i types.Instance) (Machine, bool) {
	one := Machine{
		ID: aws.ToString(i.InstanceId), Name: aws.ToString(i.InstanceId),
		Address: aws.ToString(i.PublicIpAddress), Launched: aws.ToTime(i.LaunchTime),
	}
	if i.Placement != nil {
		one.Zone = aws.ToString(i.Placement.AvailabilityZone)
	}
	for _, tag := range i.Tags {
		switch key, value := aws.ToString(tag.Key), aws.ToString(tag.Value); {
		case key == engine.TagAddress && value == "instance/"+Bastion:
			one.Name = Bastion
			return one, true
		case key == groupTag && value == m.Group:
			return one, true
		}
	}
	return one, false
}

// serving marks the machines that the group counts on.
func (m Machines) serving(ctx context.Context, all []Machine) error {
	out, err := m.AutoScaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{m.Group}})
	if err != nil {
		return err
	}
	for _, g := range out.AutoScalingGroups {
		for _, i := range g.Instances {
			healthy := aws.ToString(i.HealthStatus) == "Healthy" && i.LifecycleState == "InService"
			for n := range all {
				if all[n].ID == aws.ToString(i.InstanceId) {
					all[n].Serving = healthy
				}
			}
		}
	}
	return nil
}

// Find is the machine of a name, an id or the start of one; an empty name is the
// application's longest-serving instance. Its error may be a NoMachine.
func (m Machines) Find(ctx context.Context, name string) (Machine, error) {
	all, err := m.List(ctx)
	if err != nil {
		return Machine{}, err
	}
	return pick(all, name, m.Group)
}

func pick(all []Machine, name, group string) (Machine, error) {
	if name == "" {
		if len(all) == 0 || !all[0].Serving {
			return Machine{}, &NoneServing{Group: group}
		}
		return all[0], nil
	}
	var found []Machine
	missing := &NoMachine{Name: name}
	for _, one := range all {
		switch {
		case one.ID == name || one.Name == name:
			return one, nil
		case strings.HasPrefix(one.ID, name) && strings.HasPrefix(name, "i-"):
			found = append(found, one)
		}
		missing.Near = append(missing.Near, one.Name)
	}
	if len(found) == 1 {
		return found[0], nil
	}
	return Machine{}, missing
}
