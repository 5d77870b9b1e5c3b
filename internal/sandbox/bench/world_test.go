package bench_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
)

func tags(kind types.ResourceType, address string) []types.TagSpecification {
	return []types.TagSpecification{{ResourceType: kind, Tags: []types.Tag{{Key: aws.String("address"), Value: aws.String(address)}}}}
}

// build makes a VPC with a subnet and returns their ids.
func build(t *testing.T, b *bench.Bench) (vpc, subnet *string) {
	t.Helper()
	client := ec2.NewFromConfig(b.Config())
	made, err := client.CreateVpc(t.Context(), &ec2.CreateVpcInput{
		CidrBlock: aws.String("10.0.0.0/16"), TagSpecifications: tags(types.ResourceTypeVpc, "vpc/main")})
	if err != nil {
		t.Fatal(err)
	}
	in, err := client.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{
		VpcId: made.Vpc.VpcId, CidrBlock: aws.String("10.0.0.0/20"), AvailabilityZone: aws.String("us-east-1a"),
		TagSpecifications: tags(types.ResourceTypeSubnet, "subnet/public-a")})
	if err != nil {
		t.Fatal(err)
	}
	return made.Vpc.VpcId, in.Subnet.SubnetId
}

func TestAFreshAccountIsAnEmptyWorld(t *testing.T) {
	t.Parallel()
	if w := bench.Start(t).World(t); len(w) > 0 {
		t.Errorf("there is %v", w.Names())
	}
}

func TestTheSameWorkMakesTheSameWorld(t *testing.T) {
	t.Parallel()
	first, second := bench.Start(t), bench.Start(t)
	build(t, first)
	vpc, subnet := build(t, second)
	want := first.World(t)
	if d := cmp.Diff(want, second.World(t)); d != "" {
		t.Errorf("the worlds differ: %s", d)
	}
	for _, name := range []string{"vpc vpc/main", "subnet subnet/public-a", "route-table main of <vpc vpc/main>"} {
		if _, found := want[name]; !found {
			t.Errorf("no %q in %v", name, want.Names())
		}
	}
	if text := fmt.Sprint(second.World(t)); strings.Contains(text, *vpc) || strings.Contains(text, *subnet) {
		t.Error("ids are left in the world")
	}
}

func TestAnyDifferenceShows(t *testing.T) {
	t.Parallel()
	calm := bench.Start(t)
	build(t, calm)
	want := calm.World(t)
	cases := map[string]struct {
		change func(b *bench.Bench, client *ec2.Client, vpc, subnet *string) error
		shows  string
	}{
		"a doubled object": {func(_ *bench.Bench, c *ec2.Client, _, _ *string) error {
			_, err := c.CreateVpc(t.Context(), &ec2.CreateVpcInput{
				CidrBlock: aws.String("10.0.0.0/16"), TagSpecifications: tags(types.ResourceTypeVpc, "vpc/main")})
			return err
		}, "vpc vpc/main (2)"},
		"an object without tags": {func(_ *bench.Bench, c *ec2.Client, vpc, _ *string) error {
			_, err := c.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
				VpcId: vpc, GroupName: aws.String("orphan"), Description: aws.String("left")})
			return err
		}, "security-group orphan of <vpc vpc/main>"},
		"a changed attribute": {func(_ *bench.Bench, c *ec2.Client, _, subnet *string) error {
			_, err := c.ModifySubnetAttribute(t.Context(), &ec2.ModifySubnetAttributeInput{
				SubnetId: subnet, MapPublicIpOnLaunch: &types.AttributeBooleanValue{Value: aws.Bool(true)}})
			return err
		}, "subnet subnet/public-a"},
		"a missing object": {func(_ *bench.Bench, c *ec2.Client, _, subnet *string) error {
			_, err := c.DeleteSubnet(t.Context(), &ec2.DeleteSubnetInput{SubnetId: subnet})
			return err
		}, "subnet subnet/public-a"},
		"a role and a bucket": {func(b *bench.Bench, _ *ec2.Client, _, _ *string) error {
			_, err := iam.NewFromConfig(b.Config()).CreateRole(t.Context(), &iam.CreateRoleInput{
				RoleName: aws.String("left"), AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
					`"Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)})
			if err != nil {
				return err
			}
			_, err = s3.NewFromConfig(b.Config(), pathStyle).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("keyedin-left")})
			return err
		}, "bucket keyedin-left"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			b := bench.Start(t)
			vpc, subnet := build(t, b)
			if err := c.change(b, ec2.NewFromConfig(b.Config()), vpc, subnet); err != nil {
				t.Fatal(err)
			}
			got := b.World(t)
			if cmp.Equal(want[c.shows], got[c.shows]) {
				t.Errorf("%q does not show in %v", c.shows, got.Names())
			}
		})
	}
}

// witness is a test that may fail.
type witness struct {
	testing.TB
	said []string
}

func (w *witness) Errorf(format string, args ...any) {
	w.said = append(w.said, fmt.Sprintf(format, args...))
}

func TestViolationsFailTheTestOfTheirAccount(t *testing.T) {
	t.Parallel()
	guilty, innocent := bench.Start(t), bench.Start(t)
	_, err := ec2.NewFromConfig(guilty.Config()).CreateVpc(t.Context(), &ec2.CreateVpcInput{
		CidrBlock: aws.String("10.0.0.0/16"), InstanceTenancy: "shared"})
	if err == nil {
		t.Error("a tenancy that is none was taken")
	}
	build(t, innocent)
	w := &witness{TB: t}
	if found := guilty.Violations(w); len(found) != 1 || len(w.said) != 1 || !strings.Contains(w.said[0], "ec2:CreateVpc InstanceTenancy") {
		t.Errorf("found %v, said %q", found, w.said)
	}
	innocent.Violations(t)
}
