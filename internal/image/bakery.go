package image

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	keyedin "github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Tags of what a build makes, beside those of the environment.
const (
	// TagRecipe is what an image was made by; TagBase the image it was made from.
	TagRecipe = "keyedin:recipe"
	TagBase   = "keyedin:base"
	// tagPurpose tells machines and their security group from those that serve.
	tagPurpose = "keyedin:purpose"
	builder    = "image-builder"
	tester     = "image-test"
	// tagStage is on a builder that has told that it is done.
	tagStage = "keyedin:stage"
	done     = "done"
)

// untested is keyedin.TagImage's value until an image has passed its test.
const untested = "untested"

// Bakery is where the images of an environment are made. Images are the
// project's: each of its environments takes the newest good one.
type Bakery struct {
	EC2         *ec2.Client
	AutoScaling *autoscaling.Client
	// Project and Environment own what is made.
	Project, Environment string
	// Tags are put on everything, beside those that it is known by.
	Tags map[string]string
	// Pause is the caller's clock; its error ends the build, which goes on with
	// the next one.
	Pause func(context.Context, time.Duration) error
	// On is told what is being done, a line at a time.
	On func(string)
}

// Recipe is what an image is made by.
type Recipe struct {
	// Base is the image to begin with.
	Base string
	// Bake and Try are the user data of the builder and of the test.
	Bake, Try string
	// Type is the instance type of both. It must be one of the Nitro system, which
	// shows its console at once.
	// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html
	Type string
	// VPC and Subnets are where they are; the first with capacity is taken.
	VPC     string
	Subnets []string
}

// device is what Amazon Linux calls its root disk.
const device = keyedin.RootDevice

// labels are the tags of what a build makes, of which own are its own.
func (b *Bakery) labels(own map[string]string) []types.Tag {
	all := maps.Clone(b.Tags)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, map[string]string{engine.TagProject: b.Project, engine.TagManagedBy: engine.ManagedBy})
	maps.Copy(all, own)
	return tagList(all)
}

// tagList is in the order of the keys: a token holds for the same parameters in
// the same order.
func tagList(tags map[string]string) []types.Tag {
	var list []types.Tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return list
}

// tag finds a tag's value, "" when it is not there.
func tag(list []types.Tag, key string) string {
	for _, t := range list {
		if aws.ToString(t.Key) == key {
			return aws.ToString(t.Value)
		}
	}
	return ""
}

func filter(name string, values ...string) types.Filter {
	return types.Filter{Name: aws.String(name), Values: values}
}
