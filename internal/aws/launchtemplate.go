package aws

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// LaunchTemplate says how each instance of a group is made. AWS never changes a
// version of one, so a change is a new version that becomes the default; running
// instances keep the version they were made from.
type LaunchTemplate struct {
	// Name is 3 to 128 characters, unique in the account and region.
	Name  string `json:"name"`
	Image string `json:"image"`
	// Profile gives the instances their role.
	Profile        engine.Ref[InstanceProfile]           `json:"profile"`
	SecurityGroups engine.Set[engine.Ref[SecurityGroup]] `json:"security-groups"`
	// PublicIP gives each instance a public address, whatever its subnet says.
	PublicIP bool `json:"public-ip"`
	// UserData is run at the first boot, as plain text of at most 16 KB.
	UserData engine.Value[string] `json:"user-data"`
	Disk     Disk                 `json:"disk"`
	Metadata Metadata             `json:"metadata"`
	// Monitoring is true for metrics each minute, which are charged for.
	Monitoring bool `json:"monitoring"`
	// InstanceTags are put on the instances and their disks.
	InstanceTags map[string]string `json:"instance-tags"`
	// Key is the name of a key pair; without one nobody can log in by key.
	Key engine.Value[string] `json:"key,omitzero"`
}

// Disk is the root disk of an instance.
type Disk struct {
	// Device is what the image calls its root disk; RootDevice for Amazon Linux.
	Device string `json:"device"`
	// Size in GiB, at least the image's own.
	Size int `json:"size"`
	// Type is gp3 unless there is a reason.
	Type      string `json:"type"`
	Encrypted bool   `json:"encrypted"`
}

// RootDevice is what Amazon Linux calls its root disk.
const RootDevice = "/dev/xvda"

// Metadata is how an instance may ask for its role's credentials.
type Metadata struct {
	// Tokens is "required" for IMDSv2 only, or "optional".
	Tokens string `json:"tokens"`
	// HopLimit is 2 where containers ask, else 1; at most 64.
	HopLimit int `json:"hop-limit"`
}

// LaunchTemplateVersion is the number of the version that is as declared.
func LaunchTemplateVersion(r engine.Ref[LaunchTemplate]) engine.Value[string] {
	return engine.Attr[string](r, "version")
}

// Kind implements engine.Spec.
func (LaunchTemplate) Kind() string { return "launch-template" }

// Fixed implements engine.Fixer.
func (LaunchTemplate) Fixed() []string { return []string{"name"} }

// Identity implements engine.Identified.
func (LaunchTemplate) Identity() engine.Class { return engine.Tokened }

// Volatile implements engine.Volatile.
func (LaunchTemplate) Volatile() []string { return []string{"version"} }

type launchTemplates struct{ ec2Kind }

func (d launchTemplates) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[LaunchTemplate], error) {
	found, err := d.list(ctx, ours(scope))
	if err != nil {
		return nil, err
	}
	wanted := slices.DeleteFunc(scope.Names("launch-template"), func(name string) bool {
		return slices.ContainsFunc(found, func(t types.LaunchTemplate) bool { return aws.ToString(t.LaunchTemplateName) == name })
	})
	if len(wanted) > 0 {
		others, err := d.list(ctx, []types.Filter{{Name: aws.String("launch-template-name"), Values: wanted}})
		if err != nil {
			return nil, err
		}
		found = append(found, others...)
	}
	byID := map[string]types.LaunchTemplate{}
	for _, t := range found {
		byID[aws.ToString(t.LaunchTemplateId)] = t
	}
	return each(ctx, slices.Collect(maps.Keys(byID)), func(ctx context.Context, id string) (*engine.Live[LaunchTemplate], error) {
		return d.live(ctx, scope, byID[id])
	})
}

func (d launchTemplates) list(ctx context.Context, filters []types.Filter) ([]types.LaunchTemplate, error) {
	pages := ec2.NewDescribeLaunchTemplatesPaginator(d.EC2, &ec2.DescribeLaunchTemplatesInput{Filters: filters})
	var found []types.LaunchTemplate
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		found = append(found, page.LaunchTemplates...)
	}
	return found, nil
}

// live is a template as its default version has it. A version that was made and
// is not the default yet is not looked at: Update finds and uses it.
func (d launchTemplates) live(ctx context.Context, scope engine.Scope, t types.LaunchTemplate) (*engine.Live[LaunchTemplate], error) {
	live := &engine.Live[LaunchTemplate]{ID: aws.ToString(t.LaunchTemplateId)}
	live.Spec.Name = aws.ToString(t.LaunchTemplateName)
	belongs(scope, live, fromEC2(t.Tags))
	if live.Foreign {
		return live, nil
	}
	version, err := d.version(ctx, live.ID, "$Default")
	if err != nil || version == nil {
		return nil, unlessGone(err)
	}
	live.Spec = templateOf(live.Spec.Name, version.LaunchTemplateData)
	live.Attrs = map[string]any{"version": strconv.FormatInt(aws.ToInt64(version.VersionNumber), 10)}
	return live, nil
}

// version reads one version, by number, $Default or $Latest.
func (d launchTemplates) version(ctx context.Context, id, version string) (*types.LaunchTemplateVersion, error) {
	out, err := d.EC2.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{
		LaunchTemplateId: aws.String(id), Versions: []string{version},
	})
	if err != nil || len(out.LaunchTemplateVersions) == 0 {
		return nil, err
	}
	return &out.LaunchTemplateVersions[0], nil
}

func (d launchTemplates) Create(ctx context.Context, id engine.Identity, s LaunchTemplate) error {
	_, err := d.EC2.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String(s.Name), LaunchTemplateData: s.data(), ClientToken: aws.String(id.Token),
		TagSpecifications: tagged(id, types.ResourceTypeLaunchTemplate),
	})
	return err
}

// Update makes a new version the default, unless the latest one, left by an
// interrupted run, is what is wanted already.
func (d launchTemplates) Update(ctx context.Context, is engine.Live[LaunchTemplate], want LaunchTemplate, _ engine.Fields) error {
	latest, err := d.version(ctx, is.ID, "$Latest")
	if err != nil {
		return err
	}
	if latest == nil || !want.equal(templateOf(want.Name, latest.LaunchTemplateData)) {
		if latest, err = d.newVersion(ctx, is.ID, latest, want); err != nil {
			return err
		}
	}
	number := aws.ToInt64(latest.VersionNumber)
	if _, err := d.EC2.ModifyLaunchTemplate(ctx, &ec2.ModifyLaunchTemplateInput{
		LaunchTemplateId: aws.String(is.ID), DefaultVersion: aws.String(strconv.FormatInt(number, 10)),
	}); err != nil {
		return err
	}
	return d.prune(ctx, is.ID, number)
}

// newVersion's token holds what the version follows as well: going back to an
// earlier content is a new version, repeating an interrupted call is not.
func (d launchTemplates) newVersion(ctx context.Context, id string, after *types.LaunchTemplateVersion, want LaunchTemplate) (*types.LaunchTemplateVersion, error) {
	var number int64
	if after != nil {
		number = aws.ToInt64(after.VersionNumber)
	}
	out, err := d.EC2.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateId: aws.String(id), LaunchTemplateData: want.data(),
		ClientToken: aws.String(want.token(id, number)),
	})
	if err != nil {
		return nil, err
	}
	return out.LaunchTemplateVersion, nil
}

// versionsKept is how many versions stay, for instances that still run an older
// one and for going back.
const versionsKept = 10

func (d launchTemplates) prune(ctx context.Context, id string, latest int64) error {
	if latest <= versionsKept {
		return nil
	}
	pages := ec2.NewDescribeLaunchTemplateVersionsPaginator(d.EC2, &ec2.DescribeLaunchTemplateVersionsInput{
		LaunchTemplateId: aws.String(id), MaxVersion: aws.String(strconv.FormatInt(latest-versionsKept, 10)),
	})
	var old []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, v := range page.LaunchTemplateVersions {
			old = append(old, strconv.FormatInt(aws.ToInt64(v.VersionNumber), 10))
		}
	}
	for some := range slices.Chunk(old, 200) { // the most that one call takes
		if _, err := d.EC2.DeleteLaunchTemplateVersions(ctx, &ec2.DeleteLaunchTemplateVersionsInput{
			LaunchTemplateId: aws.String(id), Versions: some,
		}); err != nil {
			return err
		}
	}
	return nil
}

func (d launchTemplates) Delete(ctx context.Context, is engine.Live[LaunchTemplate]) error {
	_, err := d.EC2.DeleteLaunchTemplate(ctx, &ec2.DeleteLaunchTemplateInput{LaunchTemplateId: aws.String(is.ID)})
	return err
}
