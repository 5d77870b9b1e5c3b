package release

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/keyedin-app/keyedin-infra/internal/release/bundle"
)

// Old are the releases that are neither among the newest nor needed, of all
// releases, the newest first.
func Old(all []bundle.Release, keep int, needed ...string) []bundle.Release {
	old := []bundle.Release{}
	for _, r := range all[min(keep, len(all)):] {
		if !slices.Contains(needed, r.Version) {
			old = append(old, r)
		}
	}
	return old
}

// Unused are the images of old releases that no other of all releases has.
func Unused(all, old []bundle.Release) []bundle.Image {
	used := map[string]bool{}
	is := func(i bundle.Image) string { return i.Repository + "@" + i.Digest }
	for _, r := range all {
		if !slices.ContainsFunc(old, func(o bundle.Release) bool { return o.Version == r.Version }) {
			for _, i := range r.Images {
				used[is(i)] = true
			}
		}
	}
	unused := []bundle.Image{}
	for _, r := range old {
		for _, i := range r.Images {
			if !used[is(i)] {
				used[is(i)] = true // once
				unused = append(unused, i)
			}
		}
	}
	return unused
}

// Pruner takes old releases away.
type Pruner struct {
	Store Store
	ECR   *ecr.Client
}

// Remove takes releases away, after the images that nobody else uses: where it
// ends half-way the releases are still there, and the next one does the rest. It
// returns the images that ECR keeps, by reason.
func (p Pruner) Remove(ctx context.Context, all, old []bundle.Release, on func(bundle.Release)) (left map[string]string, err error) {
	left = map[string]string{}
	byRepository := map[string][]string{}
	for _, i := range Unused(all, old) {
		byRepository[i.Repository] = append(byRepository[i.Repository], i.Digest)
	}
	for repository, digests := range byRepository {
		if err := p.images(ctx, repository, digests, old, left); err != nil {
			return left, err
		}
	}
	for _, r := range slices.Backward(old) {
		if err := p.Store.Remove(ctx, r.Version); err != nil {
			return left, err
		}
		on(r)
	}
	return left, nil
}

// images takes images out of a repository. One that was pushed as one of several
// in an index goes after the index.
func (p Pruner) images(ctx context.Context, repository string, digests []string, old []bundle.Release, left map[string]string) error {
	indexes, err := p.indexes(ctx, repository, digests, old)
	if err != nil {
		return err
	}
	for _, some := range [][]string{indexes, digests} {
		if err := p.delete(ctx, repository, some, left); err != nil {
			return err
		}
	}
	return nil
}

// indexes are the digests of what has no other tags than those of old releases,
// and is not the image itself.
func (p Pruner) indexes(ctx context.Context, repository string, digests []string, old []bundle.Release) ([]string, error) {
	ours := func(tag string) bool {
		return slices.ContainsFunc(old, func(r bundle.Release) bool { return r.Version == tag })
	}
	var found []string
	pages := ecr.NewDescribeImagesPaginator(p.ECR, &ecr.DescribeImagesInput{
		RepositoryName: aws.String(repository), Filter: &types.DescribeImagesFilter{TagStatus: types.TagStatusTagged},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if _, none := errors.AsType[*types.RepositoryNotFoundException](err); none {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		for _, i := range page.ImageDetails {
			digest := aws.ToString(i.ImageDigest)
			if isIndex(aws.ToString(i.ImageManifestMediaType)) && !slices.Contains(digests, digest) && !slices.ContainsFunc(i.ImageTags, func(tag string) bool { return !ours(tag) }) {
				found = append(found, digest)
			}
		}
	}
	return found, nil
}

// deleted is how many images a call deletes.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html
const deleted = 100

func (p Pruner) delete(ctx context.Context, repository string, digests []string, left map[string]string) error {
	for some := range slices.Chunk(digests, deleted) {
		in := &ecr.BatchDeleteImageInput{RepositoryName: aws.String(repository)}
		for _, digest := range some {
			in.ImageIds = append(in.ImageIds, types.ImageIdentifier{ImageDigest: aws.String(digest)})
		}
		out, err := p.ECR.BatchDeleteImage(ctx, in)
		if _, none := errors.AsType[*types.RepositoryNotFoundException](err); none {
			return nil
		}
		if err != nil {
			return err
		}
		for _, f := range out.Failures {
			if f.FailureCode != types.ImageFailureCodeImageNotFound && f.ImageId != nil {
				left[repository+"@"+aws.ToString(f.ImageId.ImageDigest)] = aws.ToString(f.FailureReason)
			}
		}
	}
	return nil
}
