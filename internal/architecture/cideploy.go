package architecture

import (
	"slices"

	"github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// ship is what it takes to push images, to make a release of them and to deploy
// it, to this environment alone. It changes no infrastructure; the command before
// a deployment runs on an instance, and with what the instance may do.
func (e environment) ship(files fileRefs, images []engine.Ref[aws.Repository]) []aws.Statement {
	group := e.arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/"+e.groupName())
	return slices.Concat(e.keep(files), e.command(), []aws.Statement{
		allow("Login", "ecr:GetAuthorizationToken", aws.Any()),
		e.push(images),
		// A deployment of a new release registers it and reads how it is to go on.
		// https://docs.aws.amazon.com/codedeploy/latest/userguide/auth-and-access-control-permissions-reference.html
		allow("Deploy", `codedeploy:BatchGetDeploymentTargets codedeploy:BatchGetDeployments codedeploy:CreateDeployment
			codedeploy:GetApplicationRevision codedeploy:GetDeployment codedeploy:GetDeploymentGroup
			codedeploy:ListDeploymentTargets codedeploy:ListDeployments codedeploy:RegisterApplicationRevision
			codedeploy:StopDeployment`, e.delivery()...),
		allow("Pace", "codedeploy:GetDeploymentConfig", e.arn("codedeploy", "deploymentconfig:*")),
		allow("Fleet", "autoscaling:ExitStandby autoscaling:ResumeProcesses autoscaling:SuspendProcesses", group),
		when(allow("Mark", "autoscaling:CreateOrUpdateTags autoscaling:DeleteTags", group),
			"ForAllValues:StringEquals", "aws:TagKeys", engine.Known(deploying)),
		allow("Look", `autoscaling:DescribeAutoScalingGroups autoscaling:DescribeInstanceRefreshes autoscaling:DescribeLifecycleHooks
			cloudwatch:DescribeAlarms elasticloadbalancing:DescribeTargetHealth`, aws.Any()),
	})
}

// mostNamed is how many repositories are named: a policy has room for 10,240
// characters, and a name may have 256. More are told by their tags.
const mostNamed = 8

func (e environment) push(images []engine.Ref[aws.Repository]) aws.Statement {
	push := allow("Push", `ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:CompleteLayerUpload ecr:GetDownloadUrlForLayer
		 ecr:InitiateLayerUpload ecr:PutImage ecr:UploadLayerPart`)
	if len(images) > mostNamed {
		push.Resources = engine.Set[engine.Value[string]]{e.arn("ecr", "repository/*")}
		return e.tagged(push, "aws:ResourceTag/")
	}
	for _, image := range images {
		push.Resources = append(push.Resources, aws.RepositoryARN(image))
	}
	return push
}

// tagged limits a statement to what is tagged as the environment's.
func (e environment) tagged(s aws.Statement, key string) aws.Statement {
	for tag, value := range map[string]string{engine.TagProject: e.config.Name, engine.TagEnvironment: e.config.Environment} {
		s.When = append(s.When, aws.Condition{
			Operator: "StringEquals", Key: key + tag, Values: engine.Set[engine.Value[string]]{engine.Known(value)},
		})
	}
	return s
}

// deploying is the tag by which a deployment marks the group.
const deploying = "keyedin:deploying"

// keep is for what releases and deployments are kept as. A release can be made
// and not be changed: it is only written where there is none. Without the list
// an object that is not there would be forbidden instead.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
func (e environment) keep(files fileRefs) []aws.Statement {
	in := func(key string) engine.Value[string] { return engine.Format("%s/"+key, aws.BucketARN(files.private)) }
	lock := in("infrastructure/" + e.config.Environment + ".lock")
	deployments := in("deployments/" + e.config.Environment + "/*")
	return []aws.Statement{
		allow("Read", "s3:GetObject", in(releases+"*"), in(e.stateKey()), lock, deployments),
		when(allow("Release", "s3:PutObject", in(releases+"*")), "Null", "s3:if-none-match", engine.Known("false")),
		allow("Record", "s3:DeleteObject s3:PutObject", lock, deployments),
		allow("List", "s3:ListBucket", aws.BucketARN(files.private)),
	}
}

// command is for the one before a deployment, on an instance of the environment.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/run-command-setting-up.html
func (e environment) command() []aws.Statement {
	return []aws.Statement{
		e.tagged(allow("Machines", "ssm:SendCommand", e.arn("ec2", "instance/*")), "ssm:resourceTag/"),
		allow("Script", "ssm:SendCommand", engine.Known("arn:"+e.facts.Partition+":ssm:"+e.facts.Region+"::document/AWS-RunShellScript")),
		allow("Output", "ssm:DescribeInstanceInformation ssm:GetCommandInvocation ssm:ListCommands", aws.Any()),
	}
}

// tell is for the messages that say how a deployment ended.
func (e environment) tell(mail engine.Ref[aws.Topic]) []aws.Statement {
	if !slices.Contains(e.config.Messages, "deploy") {
		return nil
	}
	return []aws.Statement{
		allow("Webhooks", "ssm:GetParametersByPath", e.arn("ssm", "parameter"+e.webhooks()), e.arn("ssm", "parameter"+e.webhooks()+"/*")),
		allow("Tell", "sns:Publish", aws.TopicARN(mail)),
	}
}

// webhooks is where the environment's are.
func (e environment) webhooks() string { return webhooks + e.path() }
