package aws

import "github.com/keyedin-app/keyedin-infra/internal/engine"

// Kinds is every kind of object an environment is made of: one line a kind.
func Kinds(c *Clients) []engine.Kind {
	return []engine.Kind{
		// network
		engine.Use(vpcs{ec2Kind{c}}), engine.Use(internetGateways{ec2Kind{c}}), engine.Use(subnets{ec2Kind{c}}), engine.Use(routeTables{ec2Kind{c}}), engine.Use(vpcEndpoints{ec2Kind{c}}),
		// security groups
		engine.Use(securityGroups{ec2Kind{c}}), engine.Use(defaultSecurityGroups{ec2Kind{c}}), engine.Use(securityGroupRules{ec2Kind{c}}), engine.Use(keyPairs{ec2Kind{c}}),
		// load balancer, certificate, dns
		engine.Use(loadBalancers{c}), engine.Use(targetGroups{c}), engine.Use(listeners{c}),
		engine.Use(certificates{c}), engine.Use(hostedZones{c}), engine.Use(newRecords(c)),
		// permissions
		engine.Use(roles{c}),
		engine.Use(instanceProfiles{c}),
		engine.Use(oidcProviders{c}),
		// compute
		engine.Use(serviceLinkedRoles{c}), engine.Use(launchTemplates{ec2Kind{c}}), engine.Use(instances{ec2Kind{c}}),
		engine.Use(autoScalingGroups{c}), engine.Use(scalingPolicies{c}),
		// database
		engine.Use(dbSubnetGroups{c}), engine.Use(dbClusterParameterGroups{c}), engine.Use(dbClusters{c}), engine.Use(dbInstances{c}),
		// registry, storage, delivery, monitoring
		engine.Use(applications{c}),
		engine.Use(deploymentGroups{c}),
		engine.Use(topics{c}),
		engine.Use(logGroups{c}),
		engine.Use(alarms{c}),
		engine.Use(repositories{c}), engine.Use(buckets{c}),
	}
}
