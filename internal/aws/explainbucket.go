package aws

import (
	"context"
	"errors"
	"slices"
)

// ExplainBucket is Explain for an error that came up with a bucket: S3 answers
// alike whether the caller may not use a bucket or it is of another account.
// The account's own list tells, and then it is BucketTaken; key is where
// keyedin.yaml names the bucket. A denial is followed by one call.
func (c *Clients) ExplainBucket(ctx context.Context, name, key string, err error) error {
	e := c.Explain(ctx, err)
	var denied *Denied
	if !errors.As(e, &denied) {
		return e
	}
	if owned, listErr := (buckets{c}).owns(ctx, name); listErr == nil && !owned {
		return &BucketTaken{Name: name, Key: key}
	}
	if denied.Resource == "" {
		denied.Resource = "the bucket " + name + " (" + key + ")"
	}
	// Without it S3 says of an object that is not there that reading it is denied.
	// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
	if slices.Contains(denied.Actions, "s3:GetObject") && !slices.Contains(denied.Actions, "s3:ListBucket") {
		denied.Actions = append(slices.Clone(denied.Actions), "s3:ListBucket")
	}
	return e
}
