package aws

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
)

// runInstance makes an instance in the account's default network, with an address tag.
func runInstance(t *testing.T, d instances, address string) {
	t.Helper()
	ctx := context.Background()
	subnets, err := d.EC2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
	if err != nil || len(subnets.Subnets) == 0 {
		t.Fatalf("no default subnet: %v", err)
	}
	profile := "profile-of-" + address[len("instance/"):]
	if _, err := d.IAM.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: aws.String(profile)}); err != nil {
		t.Fatal(err)
	}
	err = d.Create(ctx, engine.Identity{Token: address, Tags: engine.Identify("sample", "test", address)}, Instance{
		Name: "sample", Image: amazonLinuxImage, Type: "t3.micro", PublicIP: true, UserData: engine.Known("#!/bin/sh\n"),
		Subnet: engine.ID[Subnet](*subnets.Subnets[0].SubnetId), Profile: engine.ID[InstanceProfile](profile),
		Disk: Disk{Device: RootDevice, Size: 8, Type: "gp3", Encrypted: true}, Metadata: Metadata{Tokens: "required", HopLimit: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func readInstances(t *testing.T, d instances) []engine.Live[Instance] {
	t.Helper()
	known := []engine.Expected{{Kind: "instance", Address: "instance/bastion", Document: engine.Document{"public-ip": true}}}
	lives, err := d.Read(t.Context(), engine.NewScope("sample", "test", known))
	if err != nil {
		t.Fatal(err)
	}
	return lives
}

func TestAStoppedInstanceIsNotReplaced(t *testing.T) {
	t.Parallel()
	d := instances{ec2Kind{NewClients(bench.Start(t).Config())}}
	runInstance(t, d, "instance/bastion")
	before := readInstances(t, d)
	if len(before) != 1 || before[0].Attrs["public-ip"] == "" {
		t.Fatalf("read %v", before)
	}
	if _, err := d.EC2.StopInstances(t.Context(), &ec2.StopInstancesInput{InstanceIds: []string{before[0].ID}}); err != nil {
		t.Fatal(err)
	}
	after := readInstances(t, d)
	if len(after) != 1 || after[0].Status != engine.Ready || !after[0].Spec.PublicIP {
		t.Errorf("a stopped instance is read as %+v", after)
	}
}

func TestInstancesThatAreNotOurs(t *testing.T) {
	t.Parallel()
	d := instances{ec2Kind{NewClients(bench.Start(t).Config())}}
	runInstance(t, d, "instance/bastion")
	ended := readInstances(t, d)[0]
	// A group's instance carries the environment's tags, and is the group's.
	if _, err := d.EC2.RunInstances(t.Context(), &ec2.RunInstancesInput{
		MinCount: aws.Int32(1), MaxCount: aws.Int32(1), ImageId: aws.String(amazonLinuxImage), InstanceType: types.InstanceTypeT3Micro,
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeInstance, Tags: toEC2(map[string]string{
			engine.TagProject: "sample", engine.TagEnvironment: "test",
		})}},
	}); err != nil {
		t.Fatal(err)
	}
	if lives := readInstances(t, d); len(lives) != 1 || lives[0].ID != ended.ID {
		t.Errorf("read %v, want %s alone", lives, ended.ID)
	}
	for range 2 { // ending what has ended is no error
		if err := d.Delete(t.Context(), ended); err != nil {
			t.Fatal(err)
		}
	}
	if lives := readInstances(t, d); len(lives) != 0 {
		t.Errorf("an instance that has ended is read: %v", lives)
	}
}
