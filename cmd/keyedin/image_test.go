package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
)

// TestImageBuild bakes an image, which a second build does not do again.
func TestImageBuild(t *testing.T) {
	t.Parallel()
	p := arrive(t)
	p.run("image", "build", "--yes").says(t, 1, "not there yet", "keyedin apply")
	p = applied(t)
	p.run("image", "build").says(t, 1, "Bake an image", "--yes")
	p.must("image", "list").prints(t, "no images yet", "keyedin image build")

	r := p.must("image", "build", "--yes")
	r.prints(t, "is good")
	r.says(t, 0, "hardening", "looking for what instances must not share", "keyedin apply --roll")
	image := p.bakedOnce(t, 1)[0]
	disk := image.BlockDeviceMappings[0].Ebs
	if !aws.ToBool(disk.Encrypted) || image.Architecture != types.ArchitectureValuesX8664 {
		t.Errorf("the image is %+v with %+v", image, disk)
	}
	for _, tags := range [][]types.Tag{image.Tags, p.snapshots()[0].Tags} {
		if tagged(tags, "keyedin:image") != "good" || tagged(tags, "project") != "keyedin" || tagged(tags, "keyedin:base") == "" {
			t.Errorf("tags: %v", tags)
		}
	}

	p.Clear()
	p.must("image", "build").prints(t, "Nothing to do", *image.ImageId)
	if n := len(p.Record().Mutating()); n > 0 {
		t.Errorf("a second build changes something: %v", p.Record().Mutating().Count())
	}
	p.must("image", "list").prints(t, *image.ImageId, "good", "8 GB")
	p.must("image", "build", "--force", "--yes").prints(t, "is good")
	p.bakedOnce(t, 2)
	if built := p.object(p.must("image", "build", "--json")); built["built"] != false {
		t.Errorf("in JSON: %v", built)
	}
	p.Violations(t)
}

// What a build starts is shut from outside, and knows no role and no old
// metadata service.
func TestImageBuilderIsShut(t *testing.T) {
	t.Parallel()
	p := applied(t)
	p.say("image-builder", "still at it")
	at, release := p.hold("ec2:GetConsoleOutput")
	r := p.start("image", "build", "--yes")
	await(t, "the console", at)
	client := ec2.NewFromConfig(p.Config())
	machine := p.machines()[0]
	group, err := client.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{GroupIds: []string{*machine.SecurityGroups[0].GroupId}})
	if err != nil || len(group.SecurityGroups[0].IpPermissions) > 0 {
		t.Errorf("the way in: %+v, %v", group, err)
	}
	volume, err := client.DescribeVolumes(t.Context(), &ec2.DescribeVolumesInput{VolumeIds: []string{*machine.BlockDeviceMappings[0].Ebs.VolumeId}})
	if err != nil || !aws.ToBool(volume.Volumes[0].Encrypted) || aws.ToInt32(volume.Volumes[0].Size) != 8 {
		t.Errorf("the disk: %+v, %v", volume, err)
	}
	behaviour, err := client.DescribeInstanceAttribute(t.Context(), &ec2.DescribeInstanceAttributeInput{
		InstanceId: machine.InstanceId, Attribute: types.InstanceAttributeNameInstanceInitiatedShutdownBehavior,
	})
	if err != nil || aws.ToString(behaviour.InstanceInitiatedShutdownBehavior.Value) != "terminate" {
		t.Errorf("its own shutdown: %+v, %v", behaviour, err)
	}
	if machine.IamInstanceProfile != nil || machine.KeyName != nil || machine.MetadataOptions.HttpTokens != types.HttpTokensStateRequired {
		t.Errorf("the builder is %+v", machine)
	}
	release()

	// Ctrl-C leaves it at work, and the next build goes on with it.
	r.signal(interruptSignal)
	r.end().says(t, 130, "interrupted", *machine.InstanceId, "keyedin image build")
	p.must("image", "list").prints(t, "left over: image-builder "+*machine.InstanceId)
	p.run("image", "build").says(t, 1, *machine.InstanceId, "to go on with")
	p.say("image-builder", "")
	p.must("image", "build", "--yes")
	if n := len(p.Record().Where(func(c proxy.Call) bool { return c.String() == "ec2:RunInstances" })); n != 2 {
		t.Errorf("%d machines were started, not a builder and a test", n)
	}
	p.bakedOnce(t, 1)
	p.Violations(t)
}

// A script that fails is told with its last lines, and leaves nothing; so does
// an image that does not pass its test.
func TestImageFails(t *testing.T) {
	t.Parallel()
	for purpose, words := range map[string]string{"image-builder": "baking failed", "image-test": "did not pass its test"} {
		for _, stern := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, stern %v", purpose, stern), func(t *testing.T) {
				t.Parallel()
				p := applied(t)
				if stern {
					p.Stern(t, bench.Stern{})
				}
				p.say(purpose, `[   21.5] cloud-init[2101]: keyedin: hardening\r\nkeyedin: hardening\r\nNo match for argument: docker\r\nkeyedin: image FAILED with exit code 1\r\n`)
				r := p.run("image", "build", "--yes")
				r.says(t, 1, words, "No match for argument: docker", "Everything of this build is removed")
				if n := strings.Count(r.err, "keyedin: hardening"); n != 1 {
					t.Errorf("a line that is there twice is said %d times:\n%s", n, r.err)
				}
				p.bakedOnce(t, 0)
				p.say(purpose, "")
				p.must("image", "build", "--yes")
				p.bakedOnce(t, 1)
			})
		}
	}
}

// Killed before any of its calls a build goes on at the next, and leaves
// nothing but one good image.
func TestImagePowerCut(t *testing.T) {
	t.Parallel()
	for _, stern := range []bool{false, true} {
		t.Run(fmt.Sprintf("stern %v", stern), func(t *testing.T) {
			t.Parallel()
			p := applied(t)
			if stern {
				p.Stern(t, bench.Stern{})
			}
			points := p.points(3, "image", "build", "--yes")
			p.bakedOnce(t, 1)
			for _, at := range points {
				t.Run(at.name, func(t *testing.T) {
					t.Parallel()
					at.place.t = t
					at.must("image", "build", "--yes")
					at.bakedOnce(t, 1)
				})
			}
		})
	}
}

// TestImageKilled kills the program after a call, the answer to which is lost.
func TestImageKilled(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"ec2:CreateSecurityGroup", "ec2:RunInstances", "ec2:CreateImage", "ec2:CreateTags", "ec2:TerminateInstances"} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			p := applied(t)
			c := p.command("image", "build", "--yes")
			p.Add(proxy.Rule{Name: "kill", Operation: operation, Lost: true, Hook: func(proxy.Call) { _ = c.Process.Kill() }})
			p.finish(c)
			p.Calm()
			p.must("image", "build", "--yes")
			p.bakedOnce(t, 1)
		})
	}
}

// Two builds at once make one image.
func TestImageBuildTwiceAtOnce(t *testing.T) {
	t.Parallel()
	p := applied(t)
	p.Stern(t, bench.Stern{})
	first, second := p.start("image", "build", "--yes"), p.start("image", "build", "--yes")
	first.end().says(t, 0)
	second.end().says(t, 0)
	p.bakedOnce(t, 1)
}
