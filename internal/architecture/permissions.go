package architecture

import (
	"strings"

	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// roleRefs are who the environment's machines and services are to AWS.
type roleRefs struct {
	instance, bastion engine.Ref[aws.InstanceProfile]
	deployer          engine.Ref[aws.Role]
}

const (
	roleName = 64 // https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
	servers  = "ec2.amazonaws.com"
)

// permissions are three roles, with what each needs and nothing else.
func permissions(e environment, files fileRefs, images []engine.Ref[aws.Repository], logs logRefs,
	lb balancerRefs, db engine.Ref[aws.DBCluster], mail engine.Ref[aws.Topic]) roleRefs {
	e.Module("permissions")
	application := append(e.session(), e.pull(images)...)
	application = append(application, e.files(files)...)
	application = append(application, e.report(logs)...)
	application = append(application, e.secrets(db)...)
	roles := roleRefs{
		instance: e.profile("instance", e.role("instance", servers, application)),
		deployer: e.role("codedeploy", "codedeploy.amazonaws.com", e.deploy(lb, mail)),
	}
	if e.config.Bastion.Type != noBastion {
		roles.bastion = e.profile("bastion", e.role("bastion", servers, e.session()))
	}
	return roles
}

func (e environment) role(name, service string, statements []aws.Statement) engine.Ref[aws.Role] {
	return engine.Add(e.Stack, name, aws.Role{
		Name: e.short(roleName, name), Path: aws.RolePath(e.config.Environment), Trust: service,
		Policy: aws.Policy{Statements: statements},
	})
}

func (e environment) profile(name string, role engine.Ref[aws.Role]) engine.Ref[aws.InstanceProfile] {
	return engine.Add(e.Stack, name, aws.InstanceProfile{
		Name: e.short(roleName, name), Path: aws.RolePath(e.config.Environment), Role: role,
	})
}

// allow names a statement and its actions, which are separated by spaces.
func allow(sid, actions string, resources ...engine.Value[string]) aws.Statement {
	s := aws.Allow(strings.Fields(actions), resources...)
	s.SID = sid
	return s
}

// when limits a statement to a value of a condition key.
func when(s aws.Statement, operator, key string, value engine.Value[string]) aws.Statement {
	s.When = engine.Set[aws.Condition]{{Operator: operator, Key: key, Values: engine.Set[engine.Value[string]]{value}}}
	return s
}

// session is what AWS Session Manager and Run Command need. The channels know
// no resources.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
func (e environment) session() []aws.Statement {
	return []aws.Statement{
		allow("Session", `ssmmessages:CreateControlChannel ssmmessages:CreateDataChannel
			ssmmessages:OpenControlChannel ssmmessages:OpenDataChannel`, aws.Any()),
		allow("Managed", "ssm:UpdateInstanceInformation", e.arn("ec2", "instance/*")),
	}
}

// pull is for the environment's own images. A login is for the whole registry.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/security_iam_id-based-policy-examples.html
func (e environment) pull(images []engine.Ref[aws.Repository]) []aws.Statement {
	var arns []engine.Value[string]
	for _, image := range images {
		arns = append(arns, aws.RepositoryARN(image))
	}
	return []aws.Statement{
		allow("Login", "ecr:GetAuthorizationToken", aws.Any()),
		allow("Pull", "ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:GetDownloadUrlForLayer", arns...),
	}
}

// files: releases are read, and the application keeps its public files. What
// Laravel writes files with sends an access control list with each, for which
// S3 wants a permission even where it has these lists switched off.
// https://flysystem.thephpleague.com/docs/adapter/aws-s3-v3/
func (e environment) files(files fileRefs) []aws.Statement {
	return []aws.Statement{
		allow("Releases", "s3:GetObject s3:GetObjectVersion", engine.Format("%s/"+releases+"*", aws.BucketARN(files.private))),
		allow("Files", "s3:AbortMultipartUpload s3:DeleteObject s3:GetObject s3:GetObjectAcl s3:PutObject s3:PutObjectAcl",
			engine.Format("%s/*", aws.BucketARN(files.public))),
		allow("List", "s3:ListBucket", aws.BucketARN(files.public)),
	}
}

// report is for logs, and for metrics under the environment's own name. The
// agent looks for a log group among all before it writes a command's output there.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-rc-setting-up-cwlogs.html
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/create-iam-roles-for-cloudwatch-agent.html
func (e environment) report(logs logRefs) []aws.Statement {
	metrics := when(allow("Metrics", "cloudwatch:PutMetricData", aws.Any()), "StringEquals", "cloudwatch:namespace", engine.Known(e.namespace()))
	return []aws.Statement{metrics, allow("Logs", "logs:CreateLogStream logs:DescribeLogStreams logs:PutLogEvents",
		engine.Format("%s:*", aws.LogGroupARN(logs.application)), engine.Format("%s:*", aws.LogGroupARN(logs.system))),
		allow("Groups", "logs:DescribeLogGroups", e.arn("logs", "log-group:*"))}
}

// secrets are the environment's own parameters, and the database's password.
// The keys that AWS manages for both let in whoever may read them.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html
func (e environment) secrets(db engine.Ref[aws.DBCluster]) []aws.Statement {
	return []aws.Statement{
		allow("Parameters", "ssm:GetParameter ssm:GetParameters ssm:GetParametersByPath",
			e.arn("ssm", "parameter"+e.path()), e.arn("ssm", "parameter"+e.path("*"))),
		allow("Password", "secretsmanager:GetSecretValue", aws.DBSecretARN(db)),
	}
}

// deploy is what CodeDeploy does to a group in place, out of what AWS's own
// AWSCodeDeployRole would let it do to everything.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCodeDeployRole.html
func (e environment) deploy(lb balancerRefs, mail engine.Ref[aws.Topic]) []aws.Statement {
	return append(e.launch(),
		allow("Look", `autoscaling:DescribeAutoScalingGroups autoscaling:DescribeLifecycleHooks
			autoscaling:DescribeScalingActivities cloudwatch:DescribeAlarms ec2:DescribeInstanceStatus ec2:DescribeInstances
			elasticloadbalancing:DescribeLoadBalancerAttributes elasticloadbalancing:DescribeLoadBalancers
			elasticloadbalancing:DescribeTargetGroupAttributes elasticloadbalancing:DescribeTargetGroups
			elasticloadbalancing:DescribeTargetHealth`, aws.Any()),
		allow("Hooks", `autoscaling:CompleteLifecycleAction autoscaling:DeleteLifecycleHook autoscaling:PutLifecycleHook
			autoscaling:RecordLifecycleActionHeartbeat autoscaling:ResumeProcesses autoscaling:SuspendProcesses`,
			e.arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/"+e.groupName())),
		allow("Traffic", "elasticloadbalancing:DeregisterTargets elasticloadbalancing:RegisterTargets", engine.Attr[string](lb.target, "id")),
		allow("Tell", "sns:Publish", aws.TopicARN(mail)),
	)
}

// launch is what CodeDeploy's role must be able to do when a group has a launch
// template: start what templates say, with the instances' role and no other.
// https://docs.aws.amazon.com/codedeploy/latest/userguide/getting-started-create-service-role.html
func (e environment) launch() []aws.Statement {
	arn := func(rest string) engine.Value[string] { return engine.Known("arn:" + e.facts.Partition + ":" + rest) }
	role := "iam::" + e.facts.Account + ":role" + aws.RolePath(e.config.Environment) + e.short(roleName, "instance")
	return []aws.Statement{
		when(allow("Launch", "ec2:RunInstances", e.arn("ec2", "*"), arn("ec2:"+e.facts.Region+"::image/*")),
			"ArnLike", "ec2:LaunchTemplate", e.arn("ec2", "launch-template/*")),
		when(allow("Label", "ec2:CreateTags", e.arn("ec2", "instance/*"), e.arn("ec2", "volume/*")),
			"StringEquals", "ec2:CreateAction", engine.Known("RunInstances")),
		when(allow("Hand", "iam:PassRole", arn(role)), "StringEquals", "iam:PassedToService", engine.Known(servers)),
	}
}
