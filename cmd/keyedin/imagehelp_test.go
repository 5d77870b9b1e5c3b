package main

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// bakedOnce checks that there are so many images, all of them good, and that
// builds have left nothing else.
func (p *place) bakedOnce(t *testing.T, images int) []types.Image {
	t.Helper()
	p.Lenient(t) // to see what there is
	all := p.images()
	for _, i := range all {
		if tagged(i.Tags, "keyedin:image") != "good" {
			t.Errorf("%s is not good: %v", *i.ImageId, i.Tags)
		}
	}
	if len(all) != images || len(p.snapshots()) != images {
		t.Errorf("%d images and %d snapshots, not %d", len(all), len(p.snapshots()), images)
	}
	if left := p.machines(); len(left) > 0 {
		t.Errorf("machines are left: %v %v", *left[0].InstanceId, left[0].Tags)
	}
	groups, err := ec2.NewFromConfig(p.Config()).DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{Filters: purposed()})
	if err != nil || len(groups.SecurityGroups) > 0 {
		t.Errorf("security groups are left: %v, %v", groups, err)
	}
	return all
}

func purposed() []types.Filter {
	return []types.Filter{{Name: aws.String("tag-key"), Values: []string{"keyedin:purpose"}}}
}

// images are those of the account itself, as EC2 lists them.
func (p *place) images() []types.Image {
	p.t.Helper()
	out, err := ec2.NewFromConfig(p.Config()).DescribeImages(p.t.Context(), &ec2.DescribeImagesInput{Owners: []string{"self"}})
	if err != nil {
		p.t.Fatal(err)
	}
	return out.Images
}

func (p *place) snapshots() []types.Snapshot {
	p.t.Helper()
	out, err := ec2.NewFromConfig(p.Config()).DescribeSnapshots(p.t.Context(), &ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}, Filters: []types.Filter{
		{Name: aws.String("tag-key"), Values: []string{"keyedin:image"}},
	}})
	if err != nil {
		p.t.Fatal(err)
	}
	return out.Snapshots
}

// machines are builders and tests that have not ended.
func (p *place) machines() []types.Instance {
	p.t.Helper()
	out, err := ec2.NewFromConfig(p.Config()).DescribeInstances(p.t.Context(), &ec2.DescribeInstancesInput{Filters: append(purposed(),
		types.Filter{Name: aws.String("instance-state-name"), Values: []string{"pending", "running", "stopping", "stopped"}})})
	if err != nil {
		p.t.Fatal(err)
	}
	var all []types.Instance
	for _, r := range out.Reservations {
		all = append(all, r.Instances...)
	}
	return all
}

// say has the consoles of machines say something, "" what they say by themselves.
func (p *place) say(purpose, text string) {
	p.t.Helper()
	program := fmt.Sprintf("backend('ec2').__dict__.setdefault('_mend_console', {})['%s'] = '''%s'''", purpose, text)
	if text == "" {
		program = fmt.Sprintf("backend('ec2').__dict__.get('_mend_console', {}).pop('%s', None)", purpose)
	}
	p.Inside(program)
}

func tagged(tags []types.Tag, key string) string {
	for _, t := range tags {
		if aws.ToString(t.Key) == key {
			return aws.ToString(t.Value)
		}
	}
	return ""
}
