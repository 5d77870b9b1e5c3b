package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
)

// herd is the version that the group makes instances from, and the images of
// those that run.
func (p *place) herd() (version string, images []string) {
	p.t.Helper()
	out, err := autoscaling.NewFromConfig(p.Config()).DescribeAutoScalingGroups(p.t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{})
	if err != nil || len(out.AutoScalingGroups) != 1 {
		p.t.Fatalf("groups: %+v, %v", out, err)
	}
	group := out.AutoScalingGroups[0]
	var ids []string
	for _, i := range group.Instances {
		ids = append(ids, *i.InstanceId)
	}
	found, err := ec2.NewFromConfig(p.Config()).DescribeInstances(p.t.Context(), &ec2.DescribeInstancesInput{InstanceIds: ids})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, r := range found.Reservations {
		for _, i := range r.Instances {
			images = append(images, *i.ImageId)
		}
	}
	return *group.MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification.Version, images
}

// TestImageRoll takes running instances to a new image.
func TestImageRoll(t *testing.T) {
	t.Parallel()
	p := applied(t)
	p.must("image", "build", "--yes")
	image := *p.images()[0].ImageId
	p.must("plan").prints(t, image, "takes the newest good image", "apply --roll")
	p.must("apply", "--yes", "--roll").says(t, 0, "goes back to version 1", "All instances run the current template")
	if version, images := p.herd(); version != "2" || !slices.Equal(images, []string{image}) {
		t.Errorf("version %s, images %v, want 2 and %s", version, images, image)
	}
	p.settled()
	p.must("image", "list").prints(t, "used by launch template keyedin-production-application", "instance i-")
	p.Violations(t)
}

// Where new instances fail, what ran before goes on to run, and new instances
// are made of that.
func TestImageRollFails(t *testing.T) {
	t.Parallel()
	p := applied(t)
	_, before := p.herd()
	p.must("image", "build", "--yes")
	image := p.images()[0].ImageId
	p.Add(proxy.Rule{Name: "broken", Operation: "autoscaling:DescribeInstanceRefreshes", Skip: 2, Times: 1, Hook: func(proxy.Call) {
		_, err := ec2.NewFromConfig(p.Config()).DeregisterImage(t.Context(), &ec2.DeregisterImageInput{ImageId: image, DeleteAssociatedSnapshots: aws.Bool(true)})
		if err != nil {
			t.Error(err)
		}
	}})
	r := p.run("apply", "--yes", "--roll")
	r.says(t, 1, "gone back to what ran before", "Failed launching")
	if version, images := p.herd(); version != "1" || !slices.Equal(images, before) {
		t.Errorf("version %s, images %v, want 1 and %v", version, images, before)
	}
	p.must("apply", "--yes")
	p.settled()
	p.Violations(t)
}

// While instances are being replaced an apply does not change the group under
// AWS's hands, and one that rolls watches.
func TestImageRollUnderWay(t *testing.T) {
	t.Parallel()
	p := applied(t)
	p.must("image", "build", "--yes")
	c := p.command("apply", "--yes", "--roll")
	p.Add(proxy.Rule{Name: "kill", Operation: "autoscaling:StartInstanceRefresh", Times: 1, Lost: true, Hook: func(proxy.Call) { _ = c.Process.Kill() }})
	p.finish(c)
	p.Calm()
	p.run("apply", "--yes").says(t, 1, "are being replaced", "apply --roll")
	p.must("apply", "--yes", "--roll").says(t, 0, "being replaced already", "All instances run the current template")
	if version, images := p.herd(); version != "2" || !slices.Equal(images, []string{*p.images()[0].ImageId}) {
		t.Errorf("version %s, images %v", version, images)
	}
	p.settled()
}

// TestImagePrune removes old images with their snapshots, and no other.
func TestImagePrune(t *testing.T) {
	t.Parallel()
	p := applied(t)
	for range 4 {
		p.must("image", "build", "--force", "--yes")
	}
	oldest := *p.images()[0].ImageId
	for _, i := range p.images() {
		if strings.Compare(*i.CreationDate, *p.images()[0].CreationDate) < 0 {
			oldest = *i.ImageId
		}
	}
	p.edit(with(`image: ""`, `image: "`+oldest+`"`))
	p.must("apply", "--yes")
	p.edit(with(`image: "`+oldest+`"`, `image: ""`))
	p.run("image", "prune", "--keep", "-1").says(t, 1, "--keep", "-1")
	p.run("image", "prune", "--keep", "2").says(t, 1, "Remove them for good?", "--yes")
	p.must("image", "prune").prints(t, "Nothing to remove") // the fourth is in use
	p.must("image", "prune", "--keep", "2", "--yes").prints(t, "Removed 1 images", "8 GB")
	var left []string
	for _, i := range p.bakedOnce(t, 3) {
		left = append(left, *i.ImageId)
	}
	if !slices.Contains(left, oldest) {
		t.Errorf("the one in use is gone: %v", left)
	}

	// What builds have left goes as well, whatever its recipe.
	p.say("image-builder", "still at it")
	at, release := p.hold("ec2:GetConsoleOutput")
	r := p.start("image", "build", "--force", "--yes")
	await(t, "the console", at)
	r.signal(os.Kill)
	release()
	<-r.ended
	p.must("image", "list").prints(t, "left over: image-builder i-", "left over: security group sg-")
	p.must("image", "prune", "--yes", "--json")
	p.bakedOnce(t, 3)
	p.Violations(t)
}

// A destroy takes what builds have left in the network along, and leaves images.
func TestImageDestroy(t *testing.T) {
	t.Parallel()
	p := applied(t, unprotected)
	p.must("image", "build", "--yes")
	p.say("image-builder", "still at it")
	at, release := p.hold("ec2:GetConsoleOutput")
	r := p.start("image", "build", "--force", "--yes")
	await(t, "the console", at)
	r.signal(os.Kill)
	release()
	<-r.ended
	p.must(destroyAll...).says(t, 0, "image-builder i-")
	if n := p.World(t).Kinds()["vpc"]; n != 0 {
		t.Errorf("%d networks are left", n)
	}
	p.bakedOnce(t, 1)
	p.must("image", "prune", "--keep", "0", "--yes").prints(t, "Removed 1 images")
	p.bakedOnce(t, 0)
	p.Violations(t)
}
