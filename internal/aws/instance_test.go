package aws

import (
	"fmt"
	"testing"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

// amazonLinuxImage is an image that the sandbox has.
const amazonLinuxImage = "ami-760aaa0f"

// place is where test instances live: a network with two subnets and groups.
type place struct {
	vpc     engine.Ref[VPC]
	subnets engine.Set[engine.Ref[Subnet]]
	groups  engine.Set[engine.Ref[SecurityGroup]]
}

func placeOf(st *engine.Stack) place {
	p := place{vpc: engine.Add(st, "main", VPC{CIDR: "10.0.0.0/16", DNSHostnames: true})}
	for i, zone := range []string{"a", "b"} {
		p.subnets = append(p.subnets, engine.Add(st, "public-"+zone, Subnet{
			VPC: p.vpc, CIDR: fmt.Sprintf("10.0.%d.0/20", 16*i), Zone: "us-east-1" + zone,
		}))
	}
	for _, name := range []string{"one", "two"} {
		p.groups = append(p.groups, engine.Add(st, name, SecurityGroup{
			Name: "sample-" + st.Environment + "-" + name, VPC: p.vpc, Description: "test",
		}))
	}
	return p
}

// profileOf is an instance profile with its role.
func profileOf(st *engine.Stack, name string) engine.Ref[InstanceProfile] {
	role := engine.Add(st, name, Role{Name: "sample-" + st.Environment + "-" + name, Trust: "ec2.amazonaws.com", Path: RolePath(st.Environment)})
	return engine.Add(st, name, InstanceProfile{Name: "sample-" + st.Environment + "-" + name, Path: RolePath(st.Environment), Role: role})
}

func TestInstance(t *testing.T) {
	with := func(edit func(*Instance, place, engine.Ref[InstanceProfile])) enginetest.Step {
		return func(st *engine.Stack) {
			p, first, other := placeOf(st), profileOf(st, "first"), profileOf(st, "other")
			s := Instance{
				Name: "sample-bastion", Image: amazonLinuxImage, Type: "t3.micro", Subnet: p.subnets[0], Profile: first,
				SecurityGroups: p.groups[:1], PublicIP: true, UserData: engine.Known("#!/bin/sh\n"),
				Disk: Disk{Device: RootDevice, Size: 8, Type: "gp3", Encrypted: true}, Metadata: Metadata{Tokens: "required", HopLimit: 1},
			}
			edit(&s, p, other)
			engine.Add(st, "bastion", s)
		}
	}
	conform(t,
		with(func(*Instance, place, engine.Ref[InstanceProfile]) {}),
		with(func(s *Instance, p place, _ engine.Ref[InstanceProfile]) { s.SecurityGroups = p.groups }),
		with(func(s *Instance, _ place, other engine.Ref[InstanceProfile]) { s.Profile = other }),
		with(func(s *Instance, _ place, _ engine.Ref[InstanceProfile]) {
			s.Name, s.Metadata.HopLimit = "sample-jump", 2
		}),
		with(func(s *Instance, _ place, _ engine.Ref[InstanceProfile]) { s.Type = "t3.small" }),
	)
}
