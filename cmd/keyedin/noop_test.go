package main

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// hand is somebody, or AWS itself, who changes things beside keyedin.
type hand struct {
	context.Context
	t   *testing.T
	as  *autoscaling.Client
	ec2 *ec2.Client
	elb *elb.Client
	iam *iam.Client
	rds *rds.Client
	s3  *s3.Client
}

func (p *place) hand() hand {
	c := p.Config()
	return hand{
		p.t.Context(), p.t, autoscaling.NewFromConfig(c), ec2.NewFromConfig(c), elb.NewFromConfig(c), iam.NewFromConfig(c),
		rds.NewFromConfig(c), s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = true }),
	}
}

func (h hand) no(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// group finds a security group by a part of its name.
func (h hand) group(part string) ec2types.SecurityGroup {
	h.t.Helper()
	out, err := h.ec2.DescribeSecurityGroups(h, &ec2.DescribeSecurityGroupsInput{})
	h.no(err)
	i := slices.IndexFunc(out.SecurityGroups, func(g ec2types.SecurityGroup) bool {
		return strings.HasSuffix(aws.ToString(g.GroupName), part)
	})
	if i < 0 {
		h.t.Fatalf("there is no security group of %s", part)
	}
	return out.SecurityGroups[i]
}

// autoScalingGroup is the name of the only one.
func (h hand) autoScalingGroup() *string {
	h.t.Helper()
	out, err := h.as.DescribeAutoScalingGroups(h, &autoscaling.DescribeAutoScalingGroupsInput{})
	h.no(err)
	if len(out.AutoScalingGroups) != 1 {
		h.t.Fatalf("there are %d Auto Scaling groups", len(out.AutoScalingGroups))
	}
	return out.AutoScalingGroups[0].AutoScalingGroupName
}

// reformatted is the same document with other blanks and the members in another order.
func (h hand) reformatted(document string) *string {
	h.t.Helper()
	var v any
	h.no(json.Unmarshal([]byte(document), &v))
	if top, ok := v.(map[string]any); ok {
		if statements, ok := top["Statement"].([]any); ok {
			slices.Reverse(statements)
		}
	}
	text, err := json.MarshalIndent(v, "  ", "      ")
	h.no(err)
	return aws.String(string(text))
}

// byAWS is what AWS does by itself to the objects of an account, in moto's models: a stack set's and a backup plan's tags,
// which nobody can take away, and an Aurora cluster that says it is in three zones, wherever its instances are.
const byAWS = `
for id, tags in list(backend("ec2").tags.items()):
    if tags.get("managed-by") == "keyedin":
        tags["aws:cloudformation:stack-name"] = "landing-zone"
for cluster in backend("rds").clusters.values():
    cluster.tags.append({"Key": "aws:backup:source-resource", "Value": cluster.db_cluster_identifier})
    cluster.availability_zones = ["us-east-1a", "us-east-1b", "us-east-1c"]
for balancer in backend("elbv2").load_balancers.values():
    backend("elbv2").tagging_service.tag_resource(balancer.arn, [{"Key": "aws:cloudformation:stack-name", "Value": "landing-zone"}])
for role in backend("iam", "aws").roles.values():
    role.tags.append({"Key": "aws:cloudformation:stack-name", "Value": "landing-zone"})
`

// harmless are changes that belong to others, or mean nothing.
var harmless = []struct {
	what string
	do   func(h hand)
}{
	{"the autoscaler wants four instances", func(h hand) {
		_, err := h.as.SetDesiredCapacity(h, &autoscaling.SetDesiredCapacityInput{
			AutoScalingGroupName: h.autoScalingGroup(), DesiredCapacity: aws.Int32(4),
		})
		h.no(err)
	}},
	{"CodeDeploy hooks into the Auto Scaling group", func(h hand) {
		_, err := h.as.PutLifecycleHook(h, &autoscaling.PutLifecycleHookInput{
			AutoScalingGroupName: h.autoScalingGroup(), LifecycleTransition: aws.String("autoscaling:EC2_INSTANCE_LAUNCHING"),
			LifecycleHookName: aws.String("CodeDeploy-managed-automatic-launch-deployment-hook-main-7c4d1f2e"), HeartbeatTimeout: aws.Int32(600),
		})
		h.no(err)
	}},
	{"RDS takes a minor version in the maintenance window", func(h hand) {
		_, err := h.rds.ModifyDBCluster(h, &rds.ModifyDBClusterInput{
			DBClusterIdentifier: aws.String("keyedin-production"), EngineVersion: aws.String("8.0.mysql_aurora.3.10.0"), ApplyImmediately: aws.Bool(true),
		})
		h.no(err)
	}},
	{"a deployment moves the weight of the listener", func(h hand) {
		balancers, err := h.elb.DescribeLoadBalancers(h, &elb.DescribeLoadBalancersInput{})
		h.no(err)
		listeners, err := h.elb.DescribeListeners(h, &elb.DescribeListenersInput{LoadBalancerArn: balancers.LoadBalancers[0].LoadBalancerArn})
		h.no(err)
		for _, l := range listeners.Listeners {
			if aws.ToInt32(l.Port) != 443 {
				continue
			}
			l.DefaultActions[0].ForwardConfig.TargetGroups[0].Weight = aws.Int32(50)
			_, err := h.elb.ModifyListener(h, &elb.ModifyListenerInput{ListenerArn: l.ListenerArn, DefaultActions: l.DefaultActions})
			h.no(err)
		}
	}},
	{"rules of a security group stand in another order", func(h hand) {
		g := h.group("load-balancer")
		_, err := h.ec2.RevokeSecurityGroupIngress(h, &ec2.RevokeSecurityGroupIngressInput{GroupId: g.GroupId, IpPermissions: g.IpPermissions})
		h.no(err)
		slices.Reverse(g.IpPermissions)
		for _, p := range g.IpPermissions {
			_, err := h.ec2.AuthorizeSecurityGroupIngress(h, &ec2.AuthorizeSecurityGroupIngressInput{
				GroupId: g.GroupId, IpPermissions: []ec2types.IpPermission{p},
			})
			h.no(err)
		}
	}},
	{"the policy of a role is written in another form", func(h hand) {
		role, name := aws.String("keyedin-production-instance"), aws.String("keyedin")
		out, err := h.iam.GetRolePolicy(h, &iam.GetRolePolicyInput{RoleName: role, PolicyName: name})
		h.no(err)
		document, err := url.QueryUnescape(aws.ToString(out.PolicyDocument))
		h.no(err)
		_, err = h.iam.PutRolePolicy(h, &iam.PutRolePolicyInput{RoleName: role, PolicyName: name, PolicyDocument: h.reformatted(document)})
		h.no(err)
	}},
	{"the policy of a bucket is written in another form", func(h hand) {
		out, err := h.s3.GetBucketPolicy(h, &s3.GetBucketPolicyInput{Bucket: aws.String("keyedin-public")})
		h.no(err)
		_, err = h.s3.PutBucketPolicy(h, &s3.PutBucketPolicyInput{Bucket: aws.String("keyedin-public"), Policy: h.reformatted(aws.ToString(out.Policy))})
		h.no(err)
	}},
}

// TestHarmlessChangesAreNone lets others change what is theirs: a plan stays
// empty. What somebody then changes by hand shows, and nothing else does.
func TestHarmlessChangesAreNone(t *testing.T) {
	t.Parallel()
	p := applied(t)
	h := p.hand()
	for _, c := range harmless {
		c.do(h)
		if r := p.run("plan", "--detailed-exitcode"); r.code != 0 {
			t.Errorf("%s: the plan ends with %d:\n%s%s", c.what, r.code, r.out, r.err)
		}
	}
	p.Inside(byAWS)
	if r := p.run("plan", "--detailed-exitcode"); r.code != 0 {
		t.Errorf("with what AWS does by itself the plan ends with %d:\n%s%s", r.code, r.out, r.err)
	}
	p.settled()

	_, err := h.ec2.AuthorizeSecurityGroupIngress(h, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: h.group("bastion").GroupId, IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22), CidrIp: aws.String("0.0.0.0/0"),
	})
	h.no(err)
	vpcs, err := h.ec2.DescribeVpcs(h, &ec2.DescribeVpcsInput{Filters: []ec2types.Filter{{Name: aws.String("tag:managed-by"), Values: []string{"keyedin"}}}})
	h.no(err)
	_, err = h.ec2.DeleteTags(h, &ec2.DeleteTagsInput{
		Resources: []string{aws.ToString(vpcs.Vpcs[0].VpcId)}, Tags: []ec2types.Tag{{Key: aws.String("managed-by")}},
	})
	h.no(err)
	plan := p.object(p.run("plan", "--json"))
	var changed []string
	for _, c := range plan["changes"].([]any) {
		change := c.(map[string]any)
		changed = append(changed, change["address"].(string))
		if text, _ := json.Marshal(change); !strings.Contains(string(text), "changed in AWS") {
			t.Errorf("%s does not say that it was changed in AWS: %s", change["address"], text)
		}
	}
	slices.Sort(changed)
	if want := []string{"security-group/bastion", "vpc/main"}; !slices.Equal(changed, want) {
		t.Errorf("the plan changes %v, not %v", changed, want)
	}
	p.run("plan").prints(t, "changed in AWS", "0.0.0.0/0", "2 to change")
	p.must("apply", "--yes")
	p.settled()
}
