package aws

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	taggingtypes "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// most is how many things Contents counts before it says "more than".
const most = 5000

// Contents counts what is in an object that holds data, images in a repository
// or files in a bucket, and says it in words. Words are "" for other kinds.
func (c *Clients) Contents(ctx context.Context, kind, id string) (n int, words string, err error) {
	switch kind {
	case Repository{}.Kind():
		return c.images(ctx, id)
	case Bucket{}.Kind():
		return c.files(ctx, id)
	}
	return 0, "", nil
}

func (c *Clients) images(ctx context.Context, repository string) (n int, words string, err error) {
	pages := ecr.NewListImagesPaginator(c.ECR, &ecr.ListImagesInput{RepositoryName: aws.String(repository), MaxResults: aws.Int32(1000)})
	for pages.HasMorePages() && n <= most {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, "", unlessGone(err)
		}
		n += len(page.ImageIds)
	}
	return n, amount(n, "image", "images", pages.HasMorePages()), nil
}

func (c *Clients) files(ctx context.Context, bucket string) (n int, words string, err error) {
	pages := s3.NewListObjectVersionsPaginator(c.S3, &s3.ListObjectVersionsInput{Bucket: aws.String(bucket)})
	for pages.HasMorePages() && n <= most {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, "", unlessGone(err)
		}
		n += len(page.Versions)
	}
	return n, amount(n, "version of a file", "versions of files", pages.HasMorePages()), nil
}

func amount(n int, one, many string, more bool) string {
	switch {
	case more:
		return fmt.Sprintf("more than %d %s", most, many)
	case n == 1:
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Tagged lists the ARNs of everything in the region that carries the tags of
// an environment, of whatever service. AWS goes on listing some things for up
// to an hour after they are gone.
// https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
func (c *Clients) Tagged(ctx context.Context, project, environment string) ([]string, error) {
	pages := resourcegroupstaggingapi.NewGetResourcesPaginator(c.Tagging, &resourcegroupstaggingapi.GetResourcesInput{
		TagFilters: []taggingtypes.TagFilter{
			{Key: aws.String(engine.TagProject), Values: []string{project}},
			{Key: aws.String(engine.TagEnvironment), Values: []string{environment}},
			{Key: aws.String(engine.TagManagedBy), Values: []string{engine.ManagedBy}},
		},
	})
	var arns []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range page.ResourceTagMappingList {
			arns = append(arns, aws.ToString(r.ResourceARN))
		}
	}
	return arns, nil
}
