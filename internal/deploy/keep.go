package deploy

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"golang.org/x/sync/errgroup"

	infra "github.com/keyedin-app/keyedin-infra/internal/aws"
)

// Keep marks the images of a release as deployed, so that ECR does not let go of
// them for others that are pushed: an instance that is launched later pulls them.
// An index that an image was pushed in has no need of a mark, as the image is
// pulled by its own digest.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-retag.html
func (s *Site) Keep(ctx context.Context, r *Ready) error {
	var g errgroup.Group // where one is refused, the others are marked all the same
	for _, image := range r.images {
		g.Go(func() error {
			_, err := s.ECR.PutImage(ctx, &ecr.PutImageInput{
				RepositoryName: image.RepositoryName, RegistryId: image.RegistryId, ImageDigest: image.ImageId.ImageDigest,
				ImageManifest: image.ImageManifest, ImageManifestMediaType: image.ImageManifestMediaType,
				ImageTag: aws.String(s.deployedTag(aws.ToString(image.ImageId.ImageDigest))),
			})
			if isMarked(err) {
				return nil
			}
			return err
		})
	}
	return g.Wait()
}

// isMarked reports that an image has its tag: as AWS says it of any repository,
// or of one whose tags never move.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html
func isMarked(err error) bool {
	_, same := errors.AsType[*types.ImageAlreadyExistsException](err)
	_, taken := errors.AsType[*types.ImageTagAlreadyExistsException](err)
	return same || taken
}

// shortDigest is enough of a digest to tell the images of a repository apart.
const shortDigest = 16

// deployedTag is the same for an image in all of its releases, as no tag ever
// moves.
func (s *Site) deployedTag(digest string) string {
	digest = strings.TrimPrefix(digest, "sha256:")
	return infra.DeployedTag + s.Environment + "-" + digest[:min(len(digest), shortDigest)]
}
