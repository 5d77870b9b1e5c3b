package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/keyedin-app/keyedin-infra/internal/release/bundle"
)

// The environment that init describes, in AWS's names.
const (
	groupName   = "keyedin-production-application"
	application = "keyedin-production"
	private     = "keyedin-private"
)

// released puts a release where `release create` does: its images in ECR, its
// archive and what it is in the bucket.
func (p *place) released(versions ...string) {
	p.t.Helper()
	for _, version := range versions {
		r := bundle.Release{Version: version, Revision: fmt.Sprintf("%x", sha256.Sum256([]byte(version)))[:40], Created: time.Now().UTC(), By: "me"}
		for _, repository := range []string{"keyedin/backend", "keyedin/nginx"} {
			r.Images = append(r.Images, bundle.Image{Repository: repository, Digest: p.pushed(repository, version)})
		}
		body, err := json.Marshal(r)
		if err != nil {
			p.t.Fatal(err)
		}
		p.store("releases/"+version+"/bundle.zip", []byte("the archive of "+version))
		p.store("releases/"+version+"/release.json", body)
	}
}

// pushed puts an image into ECR and returns its digest.
func (p *place) pushed(repository, version string) string {
	p.t.Helper()
	manifest := fmt.Sprintf(`{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json",`+
		`"config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":2,"digest":"sha256:%x"},"layers":[]}`, sha256.Sum256([]byte(version)))
	out, err := ecr.NewFromConfig(p.Config()).PutImage(p.t.Context(), &ecr.PutImageInput{
		RepositoryName: aws.String(repository), ImageManifest: aws.String(manifest), ImageTag: aws.String(version),
		ImageManifestMediaType: aws.String("application/vnd.docker.distribution.manifest.v2+json"),
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return aws.ToString(out.Image.ImageId.ImageDigest)
}

// unpushed takes an image of a release away.
func (p *place) unpushed(repository, version string) {
	p.t.Helper()
	found, err := ecr.NewFromConfig(p.Config()).BatchGetImage(p.t.Context(), &ecr.BatchGetImageInput{
		RepositoryName: aws.String(repository), ImageIds: []ecrtypes.ImageIdentifier{{ImageTag: aws.String(version)}},
	})
	if err != nil || len(found.Images) != 1 {
		p.t.Fatalf("the image is %v, %v", found, err)
	}
	digest := aws.ToString(found.Images[0].ImageId.ImageDigest)
	if _, err := ecr.NewFromConfig(p.Config()).BatchDeleteImage(p.t.Context(), &ecr.BatchDeleteImageInput{
		RepositoryName: aws.String(repository), ImageIds: []ecrtypes.ImageIdentifier{{ImageDigest: aws.String(digest)}},
	}); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) store(key string, body []byte) {
	p.t.Helper()
	if _, err := s3.NewFromConfig(p.Config()).PutObject(p.t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(private), Key: aws.String(key), Body: bytes.NewReader(body),
	}); err != nil {
		p.t.Fatal(err)
	}
}

// group is the Auto Scaling group as AWS has it.
func (p *place) group() asgtypes.AutoScalingGroup {
	p.t.Helper()
	out, err := autoscaling.NewFromConfig(p.Config()).DescribeAutoScalingGroups(p.t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{
		AutoScalingGroupNames: []string{groupName},
	})
	if err != nil || len(out.AutoScalingGroups) != 1 {
		p.t.Fatalf("the group is %v, %v", out, err)
	}
	return out.AutoScalingGroups[0]
}

// scaled has the group want another number of instances.
func (p *place) scaled(n int32) {
	p.t.Helper()
	if _, err := autoscaling.NewFromConfig(p.Config()).SetDesiredCapacity(p.t.Context(), &autoscaling.SetDesiredCapacityInput{
		AutoScalingGroupName: aws.String(groupName), DesiredCapacity: aws.Int32(n), HonorCooldown: aws.Bool(false),
	}); err != nil {
		p.t.Fatal(err)
	}
}

// suspended are the group's processes that are.
func (p *place) suspended() []string {
	p.t.Helper()
	var all []string
	for _, s := range p.group().SuspendedProcesses {
		all = append(all, aws.ToString(s.ProcessName))
	}
	slices.Sort(all)
	return all
}

// tidy checks that nothing is left of a deployment: no mark, nothing suspended
// but what a person did, nothing in Standby.
func (p *place) tidy(bysomeone ...string) {
	p.t.Helper()
	g := p.group()
	for _, tag := range g.Tags {
		if aws.ToString(tag.Key) == "keyedin:deploying" {
			p.t.Errorf("the mark is left: %s", aws.ToString(tag.Value))
		}
	}
	if got := p.suspended(); !slices.Equal(got, bysomeone) {
		p.t.Errorf("suspended are %v, not %v", got, bysomeone)
	}
	for _, i := range g.Instances {
		if i.LifecycleState != asgtypes.LifecycleStateInService {
			p.t.Errorf("%s is %s", aws.ToString(i.InstanceId), i.LifecycleState)
		}
	}
}

// brisk is how long a step of a deployment takes in a test.
func brisk() *float64 { return aws.Float64(0.01) }
