package architecture

import (
	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Ports that something listens on.
const (
	portSSH   = 22
	portHTTP  = 80
	portHTTPS = 443
	portMail  = 587
	portMySQL = 3306
)

// doorRefs are the security groups: who may talk to whom.
type doorRefs struct {
	balancer, application, database, bastion engine.Ref[aws.SecurityGroup]
}

// securityGroups opens, from the outside to the inside,
//
//	anyone -> load balancer -> application -> database
//	bastion.allow -> bastion -> application, database
//
// and out to the internet what application and bastion need: https, and the
// application mail. The way in is part of the group it leads to. The way out
// is a rule of its own, as otherwise two groups would have to name each other.
func securityGroups(e environment, net netRefs) doorRefs {
	e.Module("security groups")
	group := func(name, description string, ingress, egress engine.Set[aws.Rule]) engine.Ref[aws.SecurityGroup] {
		return engine.Add(e.Stack, name, aws.SecurityGroup{
			Name: e.name(name), VPC: net.vpc, Description: description, Ingress: ingress, Egress: egress,
		})
	}
	hasBastion := e.config.Bastion.Type != noBastion
	var doors doorRefs
	doors.balancer = group("load-balancer", "The way in from the internet",
		engine.Set[aws.Rule]{anywhere(portHTTP, "http, to be told to use https"), anywhere(portHTTPS, "https")}, nil)
	toApplication := engine.Set[aws.Rule]{from(doors.balancer, portHTTP, "requests")}
	if hasBastion {
		doors.bastion = group("bastion", "The way in for people", e.allowed(),
			engine.Set[aws.Rule]{anywhere(portHTTPS, "AWS and packages")})
		toApplication = append(toApplication, from(doors.bastion, portSSH, "people"))
	}
	doors.application = group("application", "The application", toApplication,
		engine.Set[aws.Rule]{anywhere(portHTTPS, "AWS, packages and APIs"), anywhere(portMail, "mail")})
	toDatabase := engine.Set[aws.Rule]{from(doors.application, portMySQL, "the application")}
	if hasBastion {
		toDatabase = append(toDatabase, from(doors.bastion, portMySQL, "people"))
	}
	doors.database = group("database", "The database", toDatabase, nil)

	out := func(name string, of, to engine.Ref[aws.SecurityGroup], port int) {
		engine.Add(e.Stack, name, aws.SecurityGroupRule{Of: of, Direction: "egress", Rule: from(to, port, name)})
	}
	out("load-balancer-to-application", doors.balancer, doors.application, portHTTP)
	out("application-to-database", doors.application, doors.database, portMySQL)
	if hasBastion {
		out("bastion-to-application", doors.bastion, doors.application, portSSH)
		out("bastion-to-database", doors.bastion, doors.database, portMySQL)
	}
	return doors
}

// allowed lets in the ranges of bastion.allow.
func (e environment) allowed() engine.Set[aws.Rule] {
	var rules engine.Set[aws.Rule]
	for _, cidr := range e.config.Bastion.Allow {
		rules = append(rules, aws.Rule{Protocol: "tcp", From: portSSH, To: portSSH, CIDR: cidr, Description: "bastion.allow"})
	}
	return rules
}

func anywhere(port int, why string) aws.Rule {
	return aws.Rule{Protocol: "tcp", From: port, To: port, CIDR: internet, Description: why}
}

func from(group engine.Ref[aws.SecurityGroup], port int, why string) aws.Rule {
	return aws.Rule{Protocol: "tcp", From: port, To: port, Group: group, Description: why}
}
