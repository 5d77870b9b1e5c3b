package aws

import (
	"strings"
)

// Operation is a call that this package makes, and the IAM actions it takes.
type Operation struct {
	// Service is the prefix of IAM actions, such as ec2; Name is the SDK's name.
	Service, Name string
	Actions       []string
}

// Operations are all calls of this package, sorted.
func Operations() []Operation {
	var all []Operation
	for line := range strings.Lines(operations) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		service, name, _ := strings.Cut(words[0], ":")
		o := Operation{Service: service, Name: name, Actions: words[1:]}
		if len(o.Actions) == 0 {
			o.Actions = []string{words[0]}
		}
		all = append(all, o)
	}
	return all
}

// servicePrefix is the prefix of a service's IAM actions, by the SDK's name of
// the service.
func servicePrefix(service string) string {
	switch service {
	case "Auto Scaling":
		return "autoscaling"
	case "CloudWatch Logs":
		return "logs"
	case "Elastic Load Balancing v2":
		return "elasticloadbalancing"
	case "Route 53":
		return "route53"
	case "Secrets Manager":
		return "secretsmanager"
	case "Service Quotas":
		return "servicequotas"
	case "Resource Groups Tagging API":
		return "tag"
	}
	return strings.ToLower(service)
}

// actionsOf are the IAM actions of a call, by the SDK's names.
func actionsOf(service, operation string) []string {
	prefix := servicePrefix(service)
	for _, o := range Operations() {
		if o.Service == prefix && o.Name == operation {
			return o.Actions
		}
	}
	return []string{prefix + ":" + operation}
}

// operations is a call a line, and after it the IAM actions it takes where they
// are not just the call's own: tags in a create are an action of their own, and
// S3 names its actions otherwise than its calls.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
const operations = `
acm:AddTagsToCertificate
acm:DeleteCertificate
acm:DescribeCertificate
acm:ListCertificates
acm:ListTagsForCertificate
acm:RemoveTagsFromCertificate
acm:RequestCertificate acm:RequestCertificate acm:AddTagsToCertificate
autoscaling:AttachLoadBalancerTargetGroups
autoscaling:CancelInstanceRefresh
autoscaling:CreateAutoScalingGroup autoscaling:CreateAutoScalingGroup autoscaling:CreateOrUpdateTags ec2:RunInstances ec2:CreateTags iam:PassRole iam:CreateServiceLinkedRole
autoscaling:CreateOrUpdateTags
autoscaling:DeleteAutoScalingGroup
autoscaling:DeleteLifecycleHook
autoscaling:DeletePolicy
autoscaling:DeleteTags
autoscaling:DescribeAutoScalingGroups
autoscaling:DescribeInstanceRefreshes
autoscaling:DescribePolicies
autoscaling:DescribeScalingActivities
autoscaling:DetachLoadBalancerTargetGroups
autoscaling:PutScalingPolicy
autoscaling:StartInstanceRefresh
autoscaling:UpdateAutoScalingGroup autoscaling:UpdateAutoScalingGroup ec2:RunInstances iam:PassRole
cloudwatch:DeleteAlarms
cloudwatch:DescribeAlarms
cloudwatch:ListTagsForResource
cloudwatch:PutMetricAlarm cloudwatch:PutMetricAlarm cloudwatch:TagResource
cloudwatch:TagResource
cloudwatch:UntagResource
codedeploy:CreateApplication codedeploy:CreateApplication codedeploy:TagResource
codedeploy:CreateDeploymentGroup codedeploy:CreateDeploymentGroup codedeploy:TagResource iam:PassRole
codedeploy:DeleteApplication
codedeploy:DeleteDeploymentGroup
codedeploy:GetApplication
codedeploy:GetDeploymentGroup
codedeploy:ListTagsForResource
codedeploy:TagResource
codedeploy:UntagResource
codedeploy:UpdateDeploymentGroup codedeploy:UpdateDeploymentGroup iam:PassRole
ec2:AssociateIamInstanceProfile
ec2:AssociateRouteTable
ec2:AttachInternetGateway
ec2:AuthorizeSecurityGroupEgress ec2:AuthorizeSecurityGroupEgress ec2:CreateTags
ec2:AuthorizeSecurityGroupIngress ec2:AuthorizeSecurityGroupIngress ec2:CreateTags
ec2:CreateInternetGateway ec2:CreateInternetGateway ec2:CreateTags
ec2:CreateLaunchTemplate ec2:CreateLaunchTemplate ec2:CreateTags
ec2:CreateLaunchTemplateVersion
ec2:CreateRoute
ec2:CreateRouteTable ec2:CreateRouteTable ec2:CreateTags
ec2:CreateSecurityGroup ec2:CreateSecurityGroup ec2:CreateTags
ec2:CreateSubnet ec2:CreateSubnet ec2:CreateTags
ec2:CreateTags
ec2:CreateVpc ec2:CreateVpc ec2:CreateTags
ec2:CreateVpcEndpoint ec2:CreateVpcEndpoint ec2:CreateTags
ec2:DeleteInternetGateway
ec2:DeleteKeyPair
ec2:DeleteLaunchTemplate
ec2:DeleteLaunchTemplateVersions
ec2:DeleteRoute
ec2:DeleteRouteTable
ec2:DeleteSecurityGroup
ec2:DeleteSubnet
ec2:DeleteTags
ec2:DeleteVpc
ec2:DeleteVpcEndpoints
ec2:DescribeAvailabilityZones
ec2:DescribeIamInstanceProfileAssociations
ec2:DescribeImages
ec2:DescribeInstanceAttribute
ec2:DescribeInstanceTypeOfferings
ec2:DescribeInstances
ec2:DescribeInternetGateways
ec2:DescribeKeyPairs
ec2:DescribeLaunchTemplateVersions
ec2:DescribeLaunchTemplates
ec2:DescribeRouteTables
ec2:DescribeSecurityGroupRules
ec2:DescribeSecurityGroups
ec2:DescribeSubnets
ec2:DescribeVolumes
ec2:DescribeVpcAttribute
ec2:DescribeVpcEndpoints
ec2:DescribeVpcs
ec2:DetachInternetGateway
ec2:DisassociateRouteTable
ec2:ImportKeyPair ec2:ImportKeyPair ec2:CreateTags
ec2:ModifyInstanceAttribute
ec2:ModifyInstanceMetadataOptions
ec2:ModifyLaunchTemplate
ec2:ModifySubnetAttribute
ec2:ModifyVpcAttribute
ec2:ModifyVpcEndpoint
ec2:ReplaceIamInstanceProfileAssociation
ec2:ReplaceRoute
ec2:ReplaceRouteTableAssociation
ec2:RevokeSecurityGroupEgress
ec2:RevokeSecurityGroupIngress
ec2:RunInstances ec2:RunInstances ec2:CreateTags iam:PassRole
ec2:TerminateInstances
ec2:UpdateSecurityGroupRuleDescriptionsEgress
ec2:UpdateSecurityGroupRuleDescriptionsIngress
ecr:CreateRepository ecr:CreateRepository ecr:TagResource
ecr:DeleteLifecyclePolicy
ecr:DeleteRepository
ecr:DescribeRepositories
ecr:GetLifecyclePolicy
ecr:ListTagsForResource
ecr:PutImageScanningConfiguration
ecr:PutImageTagMutability
ecr:PutLifecyclePolicy
ecr:TagResource
ecr:UntagResource
elasticloadbalancing:AddTags
elasticloadbalancing:CreateListener elasticloadbalancing:CreateListener elasticloadbalancing:AddTags
elasticloadbalancing:CreateLoadBalancer elasticloadbalancing:CreateLoadBalancer elasticloadbalancing:AddTags iam:CreateServiceLinkedRole
elasticloadbalancing:CreateTargetGroup elasticloadbalancing:CreateTargetGroup elasticloadbalancing:AddTags
elasticloadbalancing:DeleteListener
elasticloadbalancing:DeleteLoadBalancer
elasticloadbalancing:DeleteTargetGroup
elasticloadbalancing:DescribeListenerAttributes
elasticloadbalancing:DescribeListeners
elasticloadbalancing:DescribeLoadBalancerAttributes
elasticloadbalancing:DescribeLoadBalancers
elasticloadbalancing:DescribeTags
elasticloadbalancing:DescribeTargetGroupAttributes
elasticloadbalancing:DescribeTargetGroups
elasticloadbalancing:DescribeTargetHealth
elasticloadbalancing:ModifyListener
elasticloadbalancing:ModifyListenerAttributes
elasticloadbalancing:ModifyLoadBalancerAttributes
elasticloadbalancing:ModifyTargetGroup
elasticloadbalancing:ModifyTargetGroupAttributes
elasticloadbalancing:RemoveTags
elasticloadbalancing:SetSecurityGroups
elasticloadbalancing:SetSubnets
iam:AddRoleToInstanceProfile iam:AddRoleToInstanceProfile iam:PassRole
iam:CreateInstanceProfile iam:CreateInstanceProfile iam:TagInstanceProfile
iam:CreateRole iam:CreateRole iam:TagRole
iam:CreateServiceLinkedRole
iam:DeleteInstanceProfile
iam:DeleteRole
iam:DeleteRolePermissionsBoundary
iam:DeleteRolePolicy
iam:DetachRolePolicy
iam:GetInstanceProfile
iam:GetRole
iam:GetRolePolicy
iam:ListAttachedRolePolicies
iam:ListInstanceProfiles
iam:ListInstanceProfilesForRole
iam:ListRolePolicies
iam:ListRoles
iam:PutRolePermissionsBoundary
iam:PutRolePolicy
iam:RemoveRoleFromInstanceProfile
iam:TagInstanceProfile
iam:TagRole
iam:UntagInstanceProfile
iam:UntagRole
iam:UpdateAssumeRolePolicy
logs:CreateLogGroup logs:CreateLogGroup logs:TagResource
logs:DeleteLogGroup
logs:DeleteRetentionPolicy
logs:DescribeLogGroups
logs:ListTagsForResource
logs:PutRetentionPolicy
logs:TagResource
logs:UntagResource
rds:AddTagsToResource
rds:CreateDBCluster rds:CreateDBCluster rds:AddTagsToResource secretsmanager:CreateSecret secretsmanager:TagResource kms:DescribeKey kms:CreateGrant iam:CreateServiceLinkedRole
rds:CreateDBClusterParameterGroup rds:CreateDBClusterParameterGroup rds:AddTagsToResource
rds:CreateDBInstance rds:CreateDBInstance rds:AddTagsToResource
rds:CreateDBSubnetGroup rds:CreateDBSubnetGroup rds:AddTagsToResource
rds:DeleteDBCluster rds:DeleteDBCluster rds:CreateDBClusterSnapshot
rds:DeleteDBClusterParameterGroup
rds:DeleteDBInstance
rds:DeleteDBSubnetGroup
rds:DescribeDBClusterParameterGroups
rds:DescribeDBClusterParameters
rds:DescribeDBClusters
rds:DescribeDBEngineVersions
rds:DescribeDBInstances
rds:DescribeDBSubnetGroups
rds:ListTagsForResource
rds:ModifyDBCluster
rds:ModifyDBClusterParameterGroup
rds:ModifyDBInstance
rds:ModifyDBSubnetGroup
rds:RemoveTagsFromResource
rds:ResetDBClusterParameterGroup
rds:StartDBCluster
route53:ChangeResourceRecordSets
route53:ChangeTagsForResource
route53:CreateHostedZone
route53:DeleteHostedZone
route53:GetHostedZone
route53:ListHostedZonesByName
route53:ListResourceRecordSets
route53:ListTagsForResources
s3:AbortMultipartUpload
s3:CreateBucket s3:CreateBucket s3:PutBucketOwnershipControls s3:TagResource
s3:DeleteBucket
s3:DeleteBucketCors s3:PutBucketCORS
s3:DeleteBucketLifecycle s3:PutLifecycleConfiguration
s3:DeleteBucketPolicy
s3:DeleteObjects s3:DeleteObject s3:DeleteObjectVersion
s3:GetBucketCors s3:GetBucketCORS
s3:GetBucketLifecycleConfiguration s3:GetLifecycleConfiguration
s3:GetBucketOwnershipControls
s3:GetBucketPolicy
s3:GetBucketTagging
s3:GetBucketVersioning
s3:GetPublicAccessBlock s3:GetBucketPublicAccessBlock
s3:HeadBucket s3:ListBucket
s3:ListBuckets s3:ListAllMyBuckets
s3:ListMultipartUploads s3:ListBucketMultipartUploads
s3:ListObjectVersions s3:ListBucketVersions
s3:PutBucketCors s3:PutBucketCORS
s3:PutBucketLifecycleConfiguration s3:PutLifecycleConfiguration
s3:PutBucketOwnershipControls
s3:PutBucketPolicy
s3:PutBucketTagging
s3:PutBucketVersioning
s3:PutPublicAccessBlock s3:PutBucketPublicAccessBlock
sns:CreateTopic sns:CreateTopic sns:TagResource
sns:DeleteTopic
sns:GetTopicAttributes
sns:ListSubscriptionsByTopic
sns:ListTagsForResource
sns:SetTopicAttributes
sns:Subscribe
sns:TagResource
sns:Unsubscribe
sns:UntagResource
ssm:GetParameters
sts:DecodeAuthorizationMessage
sts:GetCallerIdentity
`
