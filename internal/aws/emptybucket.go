package aws

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// NotEmptied reports an object of a bucket that S3 would not delete; its
// answer for the others was success.
type NotEmptied struct{ Bucket, Object, Code, Message string }

func (e *NotEmptied) Error() string {
	return fmt.Sprintf("bucket %s cannot be emptied: S3 keeps %s: %s: %s", e.Bucket, e.Object, e.Code, e.Message)
}

// EmptyBucket deletes all objects of a bucket with their versions, its delete
// markers, and its uploads that were not completed. A page of a listing is at
// most 1000 long, which is what one call may delete.
func (c *Clients) EmptyBucket(ctx context.Context, bucket string) error {
	pages := s3.NewListObjectVersionsPaginator(c.S3, &s3.ListObjectVersionsInput{Bucket: aws.String(bucket)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		var objects []types.ObjectIdentifier
		for _, v := range page.Versions {
			objects = append(objects, types.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
		}
		for _, m := range page.DeleteMarkers {
			objects = append(objects, types.ObjectIdentifier{Key: m.Key, VersionId: m.VersionId})
		}
		if err := c.deleteObjects(ctx, bucket, objects); err != nil {
			return err
		}
	}
	return c.abortUploads(ctx, bucket)
}

func (c *Clients) deleteObjects(ctx context.Context, bucket string, objects []types.ObjectIdentifier) error {
	if len(objects) == 0 {
		return nil
	}
	out, err := c.S3.DeleteObjects(ctx, &s3.DeleteObjectsInput{
		Bucket: aws.String(bucket), Delete: &types.Delete{Objects: objects, Quiet: aws.Bool(true)},
	})
	if err != nil {
		return err
	}
	for _, e := range out.Errors {
		return &NotEmptied{bucket, aws.ToString(e.Key), aws.ToString(e.Code), aws.ToString(e.Message)}
	}
	return nil
}

func (c *Clients) abortUploads(ctx context.Context, bucket string) error {
	pages := s3.NewListMultipartUploadsPaginator(c.S3, &s3.ListMultipartUploadsInput{Bucket: aws.String(bucket)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, u := range page.Uploads {
			_, err := c.S3.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: aws.String(bucket), Key: u.Key, UploadId: u.UploadId})
			if err != nil && !isCode(err, "NoSuchUpload") {
				return err
			}
		}
	}
	return nil
}
