package architecture

import (
	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

const (
	// strictTransport tells browsers never to use plain http here again, for a year.
	strictTransport = "max-age=31536000"
	idleSeconds     = 60
	drainSeconds    = 30
)

// balancerRefs is the load balancer, and where it sends requests.
type balancerRefs struct {
	balancer engine.Ref[aws.LoadBalancer]
	target   engine.Ref[aws.TargetGroup]
	// targetName is the target group's name, which CodeDeploy takes it by.
	targetName string
	// serving is the edge to the listener that uses the target group.
	serving engine.After
}

func loadBalancer(e environment, net netRefs, doors doorRefs, cert engine.Ref[aws.Certificate]) balancerRefs {
	e.Module("load balancer")
	lb := balancerRefs{
		targetName: e.short(balancerName),
		balancer: engine.Add(e.Stack, "main", aws.LoadBalancer{
			Name: e.short(balancerName), Subnets: net.public,
			SecurityGroups:     engine.Set[engine.Ref[aws.SecurityGroup]]{doors.balancer},
			DropInvalidHeaders: true, DeletionProtection: e.config.Database.Protect,
			IdleTimeout: idleSeconds, Desync: "defensive", After: net.reachable,
		}),
		target: engine.Add(e.Stack, "main", aws.TargetGroup{
			Name: e.short(balancerName), VPC: net.vpc, Port: portHTTP, Protocol: "HTTP", TargetType: "instance",
			Health: aws.HealthCheck{
				Path: e.config.App.HealthCheck, Matcher: "200", Interval: 15, Timeout: 5, Healthy: 2, Unhealthy: 3,
			},
			Drain: drainSeconds,
		}),
	}
	engine.Add(e.Stack, "http", aws.Listener{
		LoadBalancer: lb.balancer, Port: portHTTP, Protocol: "HTTP", Redirect: true,
	})
	// One weighted forward from the start, so that a second group can be added to it
	// without a moment in between.
	https := engine.Add(e.Stack, "https", aws.Listener{
		LoadBalancer: lb.balancer, Port: portHTTPS, Protocol: "HTTPS",
		Certificate: aws.IssuedCertificate(cert), Policy: aws.RecommendedPolicy, HSTS: strictTransport,
		Groups: engine.Set[engine.Ref[aws.TargetGroup]]{lb.target},
	})
	lb.serving = engine.After{engine.Behind(https)}
	return lb
}
