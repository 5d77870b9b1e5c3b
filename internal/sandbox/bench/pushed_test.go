package bench_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2instanceconnect"
	connect "github.com/aws/aws-sdk-go-v2/service/ec2instanceconnect/types"
	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
)

// TestPushedKeysAreKept pushes a key to a machine that runs, and one to a machine that does not.
func TestPushedKeysAreKept(t *testing.T) {
	t.Parallel()
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJzVgDKGXUQhMjVDDZYbpFSpnYE4ocLvYuhDdmrpZfCT"
	b := bench.Start(t)
	machines, client := ec2.NewFromConfig(b.Config()), ec2instanceconnect.NewFromConfig(b.Config())
	images, err := machines.DescribeImages(t.Context(), &ec2.DescribeImagesInput{
		Filters: []types.Filter{{Name: aws.String("name"), Values: []string{"al2023-ami-*x86_64"}}}})
	if err != nil {
		t.Fatal(err)
	}
	made, err := machines.RunInstances(t.Context(), &ec2.RunInstancesInput{ImageId: images.Images[0].ImageId,
		InstanceType: types.InstanceTypeT3Micro, MinCount: aws.Int32(1), MaxCount: aws.Int32(1)})
	if err != nil {
		t.Fatal(err)
	}
	id := aws.ToString(made.Instances[0].InstanceId)
	push := func(id string) error {
		_, err := client.SendSSHPublicKey(t.Context(), &ec2instanceconnect.SendSSHPublicKeyInput{
			InstanceId: aws.String(id), InstanceOSUser: aws.String("ec2-user"), SSHPublicKey: aws.String(key)})
		return err
	}
	if err := push(id); err != nil {
		t.Fatal(err)
	}
	var absent *connect.EC2InstanceNotFoundException
	if err := push("i-0123456789abcdef0"); !errors.As(err, &absent) {
		t.Errorf("a machine that is not there takes a key: %v", err)
	}
	if d := cmp.Diff([]bench.Pushed{{Instance: id, User: "ec2-user", Key: key}}, b.Pushed(t)); d != "" {
		t.Error(d)
	}
	b.Violations(t)
}
