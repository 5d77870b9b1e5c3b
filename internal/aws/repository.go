package aws

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Repository is a place for container images, encrypted by ECR's own key.
type Repository struct {
	// Name is 2 to 256 lower-case letters, digits, and single . _ - / between them.
	Name string `json:"name"`
	// Immutable forbids a tag to be moved to another image.
	Immutable bool `json:"immutable"`
	// ScanOnPush looks for known vulnerabilities in each image that is pushed.
	ScanOnPush bool `json:"scan-on-push"`
	// Keep is how many images stay, the newest; images without a tag stay for 7
	// days. 0 keeps everything; read back, -1 is a lifecycle policy of someone else's.
	Keep int `json:"keep"`
	// KeepDeployed is how many of those with a DeployedTag stay, however many
	// others are newer.
	KeepDeployed int `json:"keep-deployed"`
}

// Kind implements engine.Spec.
func (Repository) Kind() string { return "repository" }

// Fixed implements engine.Fixer.
func (Repository) Fixed() []string { return []string{"name"} }

// Loses implements engine.Precious.
func (Repository) Loses() string { return "all images in it, those that run now among them" }

// Effect implements engine.Affecting.
func (Repository) Effect(changed engine.Fields) engine.Effect {
	switch {
	case changed.Has("keep"):
		return engine.Effect{Level: engine.NoEffect, Text: "images beyond the number kept go within a day"}
	case changed.Has("keep-deployed"):
		return engine.Effect{Level: engine.NoEffect, Text: "up to that number, images that were deployed outlast newer ones"}
	}
	return engine.Effect{}
}

// RepositoryARN is what permissions name.
func RepositoryARN(r engine.Ref[Repository]) engine.Value[string] {
	return engine.Attr[string](r, "arn")
}

// RepositoryURI is what docker pull and push take, without a tag.
func RepositoryURI(r engine.Ref[Repository]) engine.Value[string] {
	return engine.Attr[string](r, "uri")
}

type repositories struct{ *Clients }

func (d repositories) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[Repository], error) {
	kind := Repository{}.Kind()
	found, err := d.list(ctx, names(scope, kind))
	if err != nil {
		return nil, err
	}
	byName := map[string]types.Repository{}
	for _, r := range found {
		byName[aws.ToString(r.RepositoryName)] = r
	}
	return each(ctx, slices.Collect(maps.Keys(byName)), func(ctx context.Context, name string) (*engine.Live[Repository], error) {
		r := byName[name]
		live := &engine.Live[Repository]{ID: name, Spec: Repository{
			Name: name, Immutable: r.ImageTagMutability == types.ImageTagMutabilityImmutable,
			ScanOnPush: r.ImageScanningConfiguration != nil && r.ImageScanningConfiguration.ScanOnPush,
		}, Attrs: map[string]any{"arn": aws.ToString(r.RepositoryArn), "uri": aws.ToString(r.RepositoryUri)}}
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() (err error) {
			live.Spec.Keep, live.Spec.KeepDeployed, err = d.kept(ctx, name)
			return err
		})
		if !isRecorded(scope, kind, name) {
			group.Go(func() error {
				out, err := d.ECR.ListTagsForResource(ctx, &ecr.ListTagsForResourceInput{ResourceArn: r.RepositoryArn})
				if err == nil {
					belongs(scope, live, fromECR(out.Tags))
				}
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return nil, unlessGone(err)
		}
		return live, nil
	})
}

// list asks for all names in one call. That call fails as a whole when one of
// them is not there, and then they are asked for one by one.
func (d repositories) list(ctx context.Context, names []string) ([]types.Repository, error) {
	if len(names) == 0 {
		return nil, nil
	}
	out, err := d.ECR.DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{RepositoryNames: names})
	switch {
	case err == nil:
		return out.Repositories, nil
	case Classify(err) != engine.NotFound:
		return nil, err
	case len(names) == 1:
		return nil, nil
	}
	single := make([][]types.Repository, len(names))
	group, ctx := errgroup.WithContext(ctx)
	for i, name := range names {
		group.Go(func() (err error) {
			single[i], err = d.list(ctx, []string{name})
			return err
		})
	}
	err = group.Wait()
	return slices.Concat(single...), err
}

// otherPolicy is what Keep is when the repository's lifecycle policy is none
// of ours.
const otherPolicy = -1

func (d repositories) kept(ctx context.Context, name string) (keep, deployed int, err error) {
	out, err := d.ECR.GetLifecyclePolicy(ctx, &ecr.GetLifecyclePolicyInput{RepositoryName: aws.String(name)})
	var none *types.LifecyclePolicyNotFoundException
	switch {
	case errors.As(err, &none):
		return 0, 0, nil
	case err != nil:
		return 0, 0, err
	}
	keep, deployed = keptBy(aws.ToString(out.LifecyclePolicyText))
	return keep, deployed, nil
}

func (d repositories) Create(ctx context.Context, id engine.Identity, s Repository) error {
	_, err := d.ECR.CreateRepository(ctx, &ecr.CreateRepositoryInput{
		RepositoryName: aws.String(s.Name), ImageTagMutability: mutability(s.Immutable),
		ImageScanningConfiguration: &types.ImageScanningConfiguration{ScanOnPush: s.ScanOnPush},
		EncryptionConfiguration:    &types.EncryptionConfiguration{EncryptionType: types.EncryptionTypeAes256},
		Tags:                       toECR(id.Tags),
	})
	return err
}

func mutability(immutable bool) types.ImageTagMutability {
	if immutable {
		return types.ImageTagMutabilityImmutable
	}
	return types.ImageTagMutabilityMutable
}

func (d repositories) Update(ctx context.Context, is engine.Live[Repository], want Repository, changed engine.Fields) error {
	name := aws.String(is.ID)
	if changed.Has("immutable") {
		if _, err := d.ECR.PutImageTagMutability(ctx, &ecr.PutImageTagMutabilityInput{
			RepositoryName: name, ImageTagMutability: mutability(want.Immutable),
		}); err != nil {
			return err
		}
	}
	if changed.Has("scan-on-push") {
		if _, err := d.ECR.PutImageScanningConfiguration(ctx, &ecr.PutImageScanningConfigurationInput{
			RepositoryName: name, ImageScanningConfiguration: &types.ImageScanningConfiguration{ScanOnPush: want.ScanOnPush},
		}); err != nil {
			return err
		}
	}
	switch {
	case !changed.Has("keep") && !changed.Has("keep-deployed"):
		return nil
	case want.Keep == 0:
		_, err := d.ECR.DeleteLifecyclePolicy(ctx, &ecr.DeleteLifecyclePolicyInput{RepositoryName: name})
		return err
	}
	_, err := d.ECR.PutLifecyclePolicy(ctx, &ecr.PutLifecyclePolicyInput{
		RepositoryName: name, LifecyclePolicyText: aws.String(lifecyclePolicy(want.Keep, want.KeepDeployed)),
	})
	return err
}

// Delete takes the images with it.
func (d repositories) Delete(ctx context.Context, is engine.Live[Repository]) error {
	_, err := d.ECR.DeleteRepository(ctx, &ecr.DeleteRepositoryInput{RepositoryName: aws.String(is.ID), Force: true})
	return err
}

func (d repositories) Tag(ctx context.Context, id string, set map[string]string, unset []string) error {
	found, err := d.list(ctx, []string{id})
	if err != nil || len(found) == 0 {
		return err
	}
	arn := found[0].RepositoryArn
	if len(set) > 0 {
		if _, err := d.ECR.TagResource(ctx, &ecr.TagResourceInput{ResourceArn: arn, Tags: toECR(set)}); err != nil {
			return err
		}
	}
	if len(unset) == 0 {
		return nil
	}
	_, err = d.ECR.UntagResource(ctx, &ecr.UntagResourceInput{ResourceArn: arn, TagKeys: unset})
	return err
}

func toECR(tags map[string]string) []types.Tag {
	return tagList(tags, func(k, v *string) types.Tag { return types.Tag{Key: k, Value: v} })
}

func fromECR(list []types.Tag) map[string]string {
	return tagMap(list, func(t types.Tag) (*string, *string) { return t.Key, t.Value })
}
