package aws

import (
	"testing"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
)

func TestNetwork(t *testing.T) {
	step := func(public, moved, endpoint bool) enginetest.Step {
		return func(st *engine.Stack) {
			vpc := engine.Add(st, "main", VPC{CIDR: "10.0.0.0/16", DNSHostnames: true})
			gateway := engine.Add(st, "main", InternetGateway{VPC: vpc})
			a := engine.Add(st, "public-a", Subnet{VPC: vpc, CIDR: "10.0.0.0/20", Zone: "us-east-1a", PublicIP: public})
			b := engine.Add(st, "public-b", Subnet{VPC: vpc, CIDR: "10.0.16.0/20", Zone: "us-east-1b"})
			in := engine.Set[engine.Ref[Subnet]]{b}
			out := engine.Set[engine.Ref[Subnet]]{a}
			if moved {
				in, out = nil, engine.Set[engine.Ref[Subnet]]{a, b}
			}
			inner := engine.Add(st, "private", RouteTable{VPC: vpc, Subnets: in})
			outer := engine.Add(st, "public", RouteTable{VPC: vpc, Subnets: out, Routes: engine.Set[Route]{{To: "0.0.0.0/0", Gateway: gateway}}})
			tables := engine.Set[engine.Ref[RouteTable]]{inner}
			if endpoint {
				tables = append(tables, outer)
			}
			engine.Add(st, "s3", VPCEndpoint{VPC: vpc, Service: "com.amazonaws.us-east-1.s3", RouteTables: tables})
		}
	}
	conform(t, step(false, false, true), step(true, false, true), step(false, true, true), step(false, true, false))
}

func TestSecurityGroups(t *testing.T) {
	type shape struct {
		ssh     string
		words   string
		mail    bool
		between bool
	}
	step := func(s shape) enginetest.Step {
		return func(st *engine.Stack) {
			vpc := engine.Add(st, "main", VPC{CIDR: "10.0.0.0/16"})
			engine.Add(st, "main", DefaultSecurityGroup{VPC: vpc})
			web := Rule{Protocol: "tcp", From: 443, To: 443, CIDR: "0.0.0.0/0", Description: s.words}
			balancer := engine.Add(st, "load-balancer", SecurityGroup{
				Name: st.Environment + "-load-balancer", VPC: vpc, Description: "The way in", Ingress: engine.Set[Rule]{web},
			})
			egress := engine.Set[Rule]{{Protocol: "tcp", From: 443, To: 443, CIDR: "0.0.0.0/0"}}
			if s.mail {
				egress = append(egress, Rule{Protocol: "-1", From: -1, To: -1, CIDR: "198.51.100.0/24", Description: "mail"})
			}
			application := engine.Add(st, "application", SecurityGroup{
				Name: st.Environment + "-application", VPC: vpc, Description: "The application", Egress: egress,
				Ingress: engine.Set[Rule]{
					{Protocol: "tcp", From: 80, To: 80, Group: balancer, Description: "requests"},
					{Protocol: "tcp", From: 22, To: 22, CIDR: s.ssh},
				},
			})
			if s.between {
				engine.Add(st, "out", SecurityGroupRule{Of: balancer, Direction: "egress", Rule: Rule{Protocol: "tcp", From: 80, To: 80, Group: application, Description: "requests"}})
			}
		}
	}
	first := shape{ssh: "203.0.113.0/24", words: "https", between: true}
	other := first
	other.ssh = "203.0.113.128/25"
	worded := first
	worded.words = "https from anywhere"
	mailing := first
	mailing.mail = true
	without := first
	without.between = false
	conform(t, step(first), step(other), step(worded), step(mailing), step(without), step(first))
}

func TestKeyPair(t *testing.T) {
	conform(t, func(st *engine.Stack) {
		engine.Add(st, "bastion", KeyPair{
			Name:      "sample-" + st.Environment + "-bastion",
			PublicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPUBwTkKjCSXhKnYFYC+BAYXoCsKbbONFq1ABWw1w0qO",
		})
	})
}
