package image

import (
	"cmp"
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asg "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"

	keyedin "github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Stock is all that was baked and what is left of builds.
type Stock struct {
	// Images are the good and the untested ones, the newest first.
	Images []Image `json:"images"`
	Left   Left    `json:"left-over"`
}

// Stock looks at all images and at who uses them.
func (b *Bakery) Stock(ctx context.Context) (Stock, error) {
	f, err := b.look(ctx)
	if err != nil {
		return Stock{}, err
	}
	s := Stock{Images: append([]Image{}, f.images...), Left: f.left()}
	users := make([]map[string][]string, 3)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) { users[0], err = b.byTemplates(ctx); return err })
	g.Go(func() (err error) { users[1], err = b.byGroups(ctx); return err })
	g.Go(func() (err error) { users[2], err = b.byInstances(ctx, f); return err })
	g.Go(func() (err error) { s.Left.Snapshots, err = b.orphans(ctx, f.images); return err })
	if err := g.Wait(); err != nil {
		return Stock{}, err
	}
	for i := range s.Images {
		for _, by := range users {
			for _, user := range by[s.Images[i].ID] {
				if !slices.Contains(s.Images[i].UsedBy, user) {
					s.Images[i].UsedBy = append(s.Images[i].UsedBy, user)
				}
			}
		}
	}
	return s, nil
}

// Old are the good images that nobody would miss: not among the newest of their
// architecture, in use by nothing, and not one of those that are pinned.
func (s Stock) Old(keep int, pinned ...string) []Image {
	var old []Image
	kept := map[string]int{}
	for _, i := range s.Images {
		if !i.Good {
			continue
		}
		kept[i.Arch]++
		if kept[i.Arch] > keep && len(i.UsedBy) == 0 && !slices.Contains(pinned, i.ID) {
			old = append(old, i)
		}
	}
	return old
}

// Prune removes images and what is left of builds.
func (b *Bakery) Prune(ctx context.Context, old []Image, left Left) error {
	for _, i := range old {
		b.On("Removing " + i.Name + " (" + i.ID + ")")
		if err := b.remove(ctx, i); err != nil {
			return err
		}
	}
	if err := b.clear(ctx, left.Machines, left.Images, left.Groups); err != nil {
		return err
	}
	for _, s := range left.Snapshots {
		if err := b.removeSnapshot(ctx, s.ID); err != nil {
			return err
		}
	}
	return nil
}

// byTemplates are the launch templates that would use an image, each with its
// default or newest version.
func (b *Bakery) byTemplates(ctx context.Context) (map[string][]string, error) {
	pages := ec2.NewDescribeLaunchTemplateVersionsPaginator(b.EC2, &ec2.DescribeLaunchTemplateVersionsInput{
		Versions: []string{"$Default", "$Latest"},
	})
	by := map[string][]string{}
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, v := range page.LaunchTemplateVersions {
			use(by, v)
		}
	}
	return by, nil
}

func use(by map[string][]string, v types.LaunchTemplateVersion) {
	if v.LaunchTemplateData != nil {
		image := aws.ToString(v.LaunchTemplateData.ImageId)
		by[image] = append(by[image], "launch template "+aws.ToString(v.LaunchTemplateName))
	}
}

// byGroups are the versions that groups of the project are set to, where those
// are neither the default nor the newest.
func (b *Bakery) byGroups(ctx context.Context) (map[string][]string, error) {
	pages := autoscaling.NewDescribeAutoScalingGroupsPaginator(b.AutoScaling, &autoscaling.DescribeAutoScalingGroupsInput{
		Filters: []asg.Filter{{Name: aws.String("tag:" + engine.TagProject), Values: []string{b.Project}}},
	})
	by := map[string][]string{}
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, group := range page.AutoScalingGroups {
			template := templateOf(group)
			if template == nil {
				continue
			}
			out, err := b.EC2.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{
				LaunchTemplateId: template.LaunchTemplateId, Versions: []string{cmp.Or(aws.ToString(template.Version), "$Default")},
			})
			if err != nil {
				return nil, err
			}
			for _, v := range out.LaunchTemplateVersions {
				use(by, v)
			}
		}
	}
	return by, nil
}

func templateOf(g asg.AutoScalingGroup) *asg.LaunchTemplateSpecification {
	if p := g.MixedInstancesPolicy; p != nil && p.LaunchTemplate != nil {
		return p.LaunchTemplate.LaunchTemplateSpecification
	}
	return g.LaunchTemplate
}

// byInstances are the instances that run one, those of a test aside.
func (b *Bakery) byInstances(ctx context.Context, f found) (map[string][]string, error) {
	var ids []string
	for _, i := range f.images {
		ids = append(ids, i.ID)
	}
	by := map[string][]string{}
	for some := range slices.Chunk(ids, 200) { // the most values that a filter takes
		pages := ec2.NewDescribeInstancesPaginator(b.EC2, &ec2.DescribeInstancesInput{Filters: []types.Filter{
			filter("image-id", some...), filter("instance-state-name", "pending", "running", "stopping", "stopped"),
		}})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, r := range page.Reservations {
				for _, i := range r.Instances {
					if tag(i.Tags, tagPurpose) == "" {
						image := aws.ToString(i.ImageId)
						by[image] = append(by[image], "instance "+aws.ToString(i.InstanceId))
					}
				}
			}
		}
	}
	return by, nil
}

// orphans are snapshots of images of ours that are no more. While an image is
// being made it may not name its snapshots yet.
func (b *Bakery) orphans(ctx context.Context, images []Image) ([]Snapshot, error) {
	pages := ec2.NewDescribeSnapshotsPaginator(b.EC2, &ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}, Filters: []types.Filter{
		filter("tag:"+engine.TagProject, b.Project), filter("tag:"+keyedin.TagImage, keyedin.ImageGood, untested),
	}})
	left := []Snapshot{}
	if slices.ContainsFunc(images, func(i Image) bool { return i.State == "pending" }) {
		return left, nil
	}
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, s := range page.Snapshots {
			id := aws.ToString(s.SnapshotId)
			if !slices.ContainsFunc(images, func(i Image) bool { return slices.Contains(i.Snapshots, id) }) {
				left = append(left, Snapshot{ID: id, GB: int(aws.ToInt32(s.VolumeSize))})
			}
		}
	}
	return left, nil
}
