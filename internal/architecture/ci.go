package architecture

import (
	"strings"

	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/config"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// webhooks is where the addresses of webhooks are in the Parameter Store. As no
// project has a dot in its name, it is under no environment's own path, so that
// the application cannot read them.
const webhooks = "/keyedin.messages"

// ci is who the workflows of a repository are to AWS: one role that sees enough
// to plan, for pull requests, and one that ships releases, for jobs of the
// GitHub environment that has this environment's name.
func ci(e environment, files fileRefs, images []engine.Ref[aws.Repository], mail engine.Ref[aws.Topic]) {
	if e.config.CI.GitHub == "" {
		return
	}
	e.Module("ci")
	provider := engine.Add(e.Stack, "github", aws.OIDCProvider{URL: aws.GitHub, Audience: aws.STSAudience})
	add := func(name string, statements []aws.Statement) {
		engine.Add(e.Stack, name, aws.Role{
			Name: e.short(roleName, name), Path: aws.RolePath(e.config.Environment), Policy: aws.Policy{Statements: statements},
			Web: aws.WebIdentity{Provider: provider, Audience: aws.STSAudience, Subjects: e.subjects(name)},
		})
	}
	add(planRole, e.look(files))
	add(deployRole, append(e.ship(files, images), e.tell(mail)...))
}

// Trusted is what a token must say to be taken for each of the roles, by their
// addresses.
func Trusted(c config.Config) map[string][]string {
	e, all := environment{config: c}, map[string][]string{}
	for _, name := range []string{planRole, deployRole} {
		all[aws.Role{}.Kind()+"/"+name] = e.subjects(name)
	}
	return all
}

const (
	planRole   = "github-plan"
	deployRole = "github-deploy"
)

// subjects are what a token of the repository says of itself. GitHub has the ids
// of owner and repository in it where the repository was made or renamed since
// June 2026; those who put them into the config are safe from another who takes
// the name over. No name has an @ in it.
// https://docs.github.com/en/actions/reference/security/oidc#immutable-subject-claims
func (e environment) subjects(role string) engine.Set[string] {
	repository, claim := e.config.CI.GitHub, "pull_request"
	if role == deployRole {
		claim = "environment:" + e.config.Environment
	}
	exact := "repo:" + repository + ":" + claim
	if strings.Contains(repository, "@") {
		return engine.Set[string]{exact}
	}
	owner, name, _ := strings.Cut(repository, "/")
	return engine.Set[string]{exact, "repo:" + owner + "@*/" + name + "@*:" + claim}
}

// stateKey is the object that the state is in.
func (e environment) stateKey() string { return "infrastructure/" + e.config.Environment + ".json" }

// look is what a plan reads. Most of what lists or describes knows no resource;
// where it does, names are left open that a pull request may change.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
func (e environment) look(files fileRefs) []aws.Statement {
	global := func(service, resource string) engine.Value[string] {
		return engine.Known("arn:" + e.facts.Partition + ":" + service + "::" + resource)
	}
	return []aws.Statement{
		allow("State", "s3:GetObject", engine.Format("%s/"+e.stateKey(), aws.BucketARN(files.private))),
		allow("Buckets", `s3:GetBucketCORS s3:GetBucketOwnershipControls s3:GetBucketPolicy s3:GetBucketPublicAccessBlock
			s3:GetBucketTagging s3:GetBucketVersioning s3:GetLifecycleConfiguration s3:ListBucket`,
			aws.BucketARN(files.private), aws.BucketARN(files.public)),
		allow("Roles", "iam:GetRole iam:GetRolePolicy", global("iam", e.facts.Account+":role"+aws.RolePath(e.config.Environment)+"*")),
		allow("Profiles", "iam:GetInstanceProfile", global("iam", e.facts.Account+":instance-profile"+aws.RolePath(e.config.Environment)+"*")),
		allow("Provider", "iam:GetOpenIDConnectProvider", global("iam", e.facts.Account+":oidc-provider/"+strings.TrimPrefix(aws.GitHub, "https://"))),
		allow("Images", "ssm:GetParameters", engine.Known("arn:"+e.facts.Partition+":ssm:"+e.facts.Region+"::parameter/aws/service/*")),
		allow("Zones", "route53:GetHostedZone route53:ListResourceRecordSets route53:ListTagsForResources", global("route53", ":hostedzone/*")),
		allow("Certificates", "acm:DescribeCertificate acm:ListTagsForCertificate", e.arn("acm", "certificate/*")),
		allow("Registry", "ecr:DescribeRepositories ecr:GetLifecyclePolicy ecr:ListTagsForResource", e.arn("ecr", "repository/*")),
		allow("Delivery", "codedeploy:GetApplication codedeploy:GetDeploymentGroup codedeploy:ListTagsForResource", e.delivery()...),
		allow("Topic", "sns:GetTopicAttributes sns:ListSubscriptionsByTopic sns:ListTagsForResource", e.arn("sns", e.name("alerts"))),
		allow("Logs", "logs:DescribeLogGroups logs:ListTagsForResource", e.arn("logs", "log-group:*")),
		allow("Alarms", "cloudwatch:DescribeAlarms cloudwatch:ListTagsForResource", e.arn("cloudwatch", "alarm:*")),
		allow("Lists", lists, aws.Any()),
	}
}

// lists are the reads of a plan that AWS lets nobody limit to a resource, or that
// look for things by their tags.
const lists = `acm:ListCertificates
	autoscaling:DescribeAutoScalingGroups autoscaling:DescribeInstanceRefreshes autoscaling:DescribePolicies
	autoscaling:DescribeScalingActivities
	ec2:DescribeAddresses ec2:DescribeAvailabilityZones ec2:DescribeIamInstanceProfileAssociations ec2:DescribeImages
	ec2:DescribeInstanceAttribute ec2:DescribeInstanceTypeOfferings ec2:DescribeInstanceTypes ec2:DescribeInstances
	ec2:DescribeInternetGateways ec2:DescribeKeyPairs ec2:DescribeLaunchTemplateVersions ec2:DescribeLaunchTemplates
	ec2:DescribeNetworkInterfaces ec2:DescribeRouteTables ec2:DescribeSecurityGroupRules ec2:DescribeSecurityGroups
	ec2:DescribeSubnets ec2:DescribeVolumes ec2:DescribeVpcAttribute ec2:DescribeVpcEndpoints ec2:DescribeVpcs
	elasticloadbalancing:DescribeListenerAttributes elasticloadbalancing:DescribeListeners
	elasticloadbalancing:DescribeLoadBalancerAttributes elasticloadbalancing:DescribeLoadBalancers
	elasticloadbalancing:DescribeTags elasticloadbalancing:DescribeTargetGroupAttributes
	elasticloadbalancing:DescribeTargetGroups elasticloadbalancing:DescribeTargetHealth
	iam:ListInstanceProfiles iam:ListOpenIDConnectProviders iam:ListRoles
	rds:DescribeDBClusterParameterGroups rds:DescribeDBClusterParameters rds:DescribeDBClusters rds:DescribeDBEngineVersions
	rds:DescribeDBInstances rds:DescribeDBSubnetGroups rds:ListTagsForResource
	route53:ListHostedZonesByName
	servicequotas:GetAWSDefaultServiceQuota servicequotas:GetServiceQuota`

// delivery are the CodeDeploy application and its deployment group.
func (e environment) delivery() []engine.Value[string] {
	return []engine.Value[string]{
		e.arn("codedeploy", "application:"+e.name()), e.arn("codedeploy", "deploymentgroup:"+e.name()+"/"+e.name()),
	}
}
