package image

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"

	keyedin "github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Image is one that was baked, or is being baked.
type Image struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Recipe  string    `json:"recipe"`
	Base    string    `json:"base"`
	Arch    string    `json:"architecture"`
	Created time.Time `json:"created"`
	// State is AWS's own word: pending, available, failed and others.
	State  string `json:"state"`
	Reason string `json:"reason,omitempty"`
	// Good: it has passed its test.
	Good bool `json:"good"`
	// GB is the size of its disks.
	GB        int      `json:"gb"`
	Snapshots []string `json:"snapshots"`
	// UsedBy is what would miss it; only Stock knows.
	UsedBy []string `json:"used-by"`
}

// usable reports whether instances can be made of it, and may.
func (i Image) usable() bool { return i.Good && i.State == "available" }

// Machine is a builder, or one that an image is tried on.
type Machine struct {
	ID string `json:"id"`
	// Purpose is image-builder or image-test.
	Purpose  string    `json:"purpose"`
	Recipe   string    `json:"recipe"`
	Image    string    `json:"image"`
	State    string    `json:"state"`
	Launched time.Time `json:"launched"`
	told     bool      // it has said that it is done
}

// found is what AWS has of our making.
type found struct {
	images   []Image // newest first
	machines []Machine
	groups   []string // ids of security groups
	now      time.Time
}

func (b *Bakery) look(ctx context.Context) (f found, err error) {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) { f.images, err = b.images(ctx); return err })
	g.Go(func() (err error) { f.machines, f.now, err = b.machines(ctx); return err })
	g.Go(func() (err error) { f.groups, err = b.groups(ctx); return err })
	return f, g.Wait()
}

func (b *Bakery) images(ctx context.Context) ([]Image, error) {
	pages := ec2.NewDescribeImagesPaginator(b.EC2, &ec2.DescribeImagesInput{Owners: []string{"self"}, Filters: []types.Filter{
		filter("tag:"+engine.TagProject, b.Project), filter("tag:"+keyedin.TagImage, keyedin.ImageGood, untested),
	}})
	var all []Image
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, i := range page.Images {
			all = append(all, imageOf(i))
		}
	}
	slices.SortFunc(all, func(a, b Image) int {
		if c := b.Created.Compare(a.Created); c != 0 {
			return c
		}
		return strings.Compare(b.ID, a.ID)
	})
	return all, nil
}

func imageOf(i types.Image) Image {
	image := Image{
		ID: aws.ToString(i.ImageId), Name: aws.ToString(i.Name), Recipe: tag(i.Tags, TagRecipe), Base: tag(i.Tags, TagBase),
		Arch: string(i.Architecture), State: string(i.State), Good: tag(i.Tags, keyedin.TagImage) == keyedin.ImageGood,
		Snapshots: []string{}, UsedBy: []string{},
	}
	image.Created, _ = time.Parse(time.RFC3339, aws.ToString(i.CreationDate)) // a date that AWS words otherwise sorts as the oldest
	if i.StateReason != nil {
		image.Reason = aws.ToString(i.StateReason.Message)
	}
	for _, d := range i.BlockDeviceMappings {
		if d.Ebs == nil {
			continue
		}
		image.GB += int(aws.ToInt32(d.Ebs.VolumeSize))
		if id := aws.ToString(d.Ebs.SnapshotId); id != "" {
			image.Snapshots = append(image.Snapshots, id)
		}
	}
	return image
}

func (b *Bakery) machines(ctx context.Context) (all []Machine, now time.Time, err error) {
	pages := ec2.NewDescribeInstancesPaginator(b.EC2, &ec2.DescribeInstancesInput{Filters: []types.Filter{
		filter("tag:"+engine.TagProject, b.Project), filter("tag:"+engine.TagEnvironment, b.Environment),
		filter("tag:"+tagPurpose, builder, tester),
		filter("instance-state-name", "pending", "running", "shutting-down", "stopping", "stopped"),
	}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, now, err
		}
		if t, ok := middleware.GetServerTime(page.ResultMetadata); ok {
			now = t
		}
		for _, r := range page.Reservations {
			for _, i := range r.Instances {
				all = append(all, machineOf(i))
			}
		}
	}
	slices.SortFunc(all, func(a, b Machine) int { return strings.Compare(a.ID, b.ID) })
	return all, now, nil
}

func machineOf(i types.Instance) Machine {
	m := Machine{
		ID: aws.ToString(i.InstanceId), Purpose: tag(i.Tags, tagPurpose), Recipe: tag(i.Tags, TagRecipe),
		Image: aws.ToString(i.ImageId), Launched: aws.ToTime(i.LaunchTime), told: tag(i.Tags, tagStage) == done,
	}
	if i.State != nil {
		m.State = string(i.State.Name)
	}
	return m
}

func (b *Bakery) groups(ctx context.Context) ([]string, error) {
	pages := ec2.NewDescribeSecurityGroupsPaginator(b.EC2, &ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{
		filter("tag:"+engine.TagProject, b.Project), filter("tag:"+engine.TagEnvironment, b.Environment),
		filter("tag:"+tagPurpose, builder),
	}})
	var all []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, g := range page.SecurityGroups {
			all = append(all, aws.ToString(g.GroupId))
		}
	}
	slices.Sort(all)
	return all, nil
}
