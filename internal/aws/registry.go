package aws

import "github.com/keyedin-app/keyedin-infra/internal/engine"

// Kinds is every kind of object an environment is made of: one line a kind.
func Kinds(c *Clients) []engine.Kind {
	return []engine.Kind{
		// network
		engine.Use(vpcs{c}), engine.Use(internetGateways{c}), engine.Use(subnets{c}), engine.Use(routeTables{c}), engine.Use(vpcEndpoints{c}),
		// security groups
		engine.Use(securityGroups{c}), engine.Use(defaultSecurityGroups{c}), engine.Use(securityGroupRules{c}), engine.Use(keyPairs{c}),
		// load balancer, certificate, dns
		engine.Use(loadBalancers{c}), engine.Use(targetGroups{c}), engine.Use(listeners{c}),
		engine.Use(certificates{c}), engine.Use(hostedZones{c}), engine.Use(newRecords(c)),
		// permissions
		engine.Use(roles{c}),
		engine.Use(instanceProfiles{c}),
		// compute
		engine.Use(serviceLinkedRoles{c}), engine.Use(launchTemplates{c}), engine.Use(instances{c}),
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
