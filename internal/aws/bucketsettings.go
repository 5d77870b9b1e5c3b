package aws

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// bucketIs is what S3 says of one bucket, each part in a call of its own.
type bucketIs struct {
	tags      map[string]string
	access    types.PublicAccessBlockConfiguration
	policy    string
	versioned bool
	ownership string
	lifecycle []types.LifecycleRule
	cors      []types.CORSRule
	// unsettled: S3 knows the bucket, but not everywhere yet.
	unsettled bool
}

// unset are S3's codes for a part that was never set.
var unset = []string{
	"NoSuchTagSet", "NoSuchPublicAccessBlockConfiguration", "NoSuchBucketPolicy", "OwnershipControlsNotFoundError",
	"NoSuchLifecycleConfiguration", "NoSuchCORSConfiguration",
}

// look asks for all of a bucket at once; for CORS only where web pages may
// read it, for tags only where they have to tell whose it is.
func (d buckets) look(ctx context.Context, name string, private, tags bool) (bucketIs, error) {
	var is bucketIs
	parts := []func(context.Context, *string, *bucketIs) error{
		d.getAccess, d.getPolicy, d.getVersioning, d.getOwnership, d.getLifecycle,
	}
	if !private {
		parts = append(parts, d.getCORS)
	}
	unsettled := make([]bool, len(parts))
	group, ctx := errgroup.WithContext(ctx)
	if tags {
		group.Go(func() (err error) {
			is.tags, err = d.bucketTags(ctx, name)
			return err
		})
	}
	for i, part := range parts {
		group.Go(func() error {
			err := part(ctx, aws.String(name), &is)
			switch {
			case isCode(err, "NoSuchBucket"):
				unsettled[i] = true
				return nil
			case isCode(err, unset...):
				return nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return is, err
	}
	if !tags && !slices.Contains(unsettled, false) {
		return is, &types.NoSuchBucket{}
	}
	is.unsettled = slices.Contains(unsettled, true)
	return is, nil
}

func isCode(err error, codes ...string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && slices.Contains(codes, api.ErrorCode())
}

func (d buckets) bucketTags(ctx context.Context, name string) (map[string]string, error) {
	out, err := d.S3.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: aws.String(name)})
	switch {
	case isCode(err, unset...):
		return map[string]string{}, nil
	case err != nil:
		return nil, err
	}
	return fromS3(out.TagSet), nil
}

func (d buckets) getAccess(ctx context.Context, name *string, is *bucketIs) error {
	out, err := d.S3.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: name})
	if err == nil && out.PublicAccessBlockConfiguration != nil {
		is.access = *out.PublicAccessBlockConfiguration
	}
	return err
}

func (d buckets) getPolicy(ctx context.Context, name *string, is *bucketIs) error {
	out, err := d.S3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: name})
	if err == nil {
		is.policy = aws.ToString(out.Policy)
	}
	return err
}

func (d buckets) getVersioning(ctx context.Context, name *string, is *bucketIs) error {
	out, err := d.S3.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: name})
	if err == nil {
		is.versioned = out.Status == types.BucketVersioningStatusEnabled
	}
	return err
}

func (d buckets) getOwnership(ctx context.Context, name *string, is *bucketIs) error {
	out, err := d.S3.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: name})
	if err == nil && out.OwnershipControls != nil && len(out.OwnershipControls.Rules) > 0 {
		is.ownership = string(out.OwnershipControls.Rules[0].ObjectOwnership)
	}
	return err
}

func (d buckets) getLifecycle(ctx context.Context, name *string, is *bucketIs) error {
	out, err := d.S3.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: name})
	if err == nil {
		is.lifecycle = out.Rules
	}
	return err
}

func (d buckets) getCORS(ctx context.Context, name *string, is *bucketIs) error {
	out, err := d.S3.GetBucketCors(ctx, &s3.GetBucketCorsInput{Bucket: name})
	if err == nil {
		is.cors = out.CORSRules
	}
	return err
}

// spec puts S3's answers as a spec would. Public access has five settings
// behind it: it is as wanted when all of them are, and otherwise it is not.
func (is bucketIs) spec(name, partition string, wanted Bucket) Bucket {
	public, tls, others := readPolicy(is.policy, name, partition)
	s := Bucket{
		Name: name, Versioned: is.versioned, TLSOnly: tls, Ownership: is.ownership, PublicRead: wanted.PublicRead,
		Keep: is.tags[keepTag] == "true", Statements: others, CORS: fromCORS(is.cors),
	}
	if public != wanted.PublicRead || !sameAccess(is.access, access(wanted.PublicRead)) {
		s.PublicRead = !wanted.PublicRead
	}
	for _, r := range is.lifecycle {
		s.Lifecycle = append(s.Lifecycle, fromLifecycle(r))
	}
	return s
}

// access is the bucket's Block Public Access: never through access control
// lists, and through its policy only when it is public.
func access(public bool) types.PublicAccessBlockConfiguration {
	return types.PublicAccessBlockConfiguration{
		BlockPublicAcls: aws.Bool(true), IgnorePublicAcls: aws.Bool(true),
		BlockPublicPolicy: aws.Bool(!public), RestrictPublicBuckets: aws.Bool(!public),
	}
}

func sameAccess(a, b types.PublicAccessBlockConfiguration) bool {
	return aws.ToBool(a.BlockPublicAcls) == aws.ToBool(b.BlockPublicAcls) && aws.ToBool(a.IgnorePublicAcls) == aws.ToBool(b.IgnorePublicAcls) &&
		aws.ToBool(a.BlockPublicPolicy) == aws.ToBool(b.BlockPublicPolicy) && aws.ToBool(a.RestrictPublicBuckets) == aws.ToBool(b.RestrictPublicBuckets)
}

// Update sets one thing after the other, as S3 aborts what comes at once, and
// access before the policy, which may be refused otherwise.
func (d buckets) Update(ctx context.Context, is engine.Live[Bucket], want Bucket, changed engine.Fields) error {
	name := aws.String(is.ID)
	for _, set := range []struct {
		fields engine.Fields
		do     func(context.Context, *string, Bucket) error
	}{
		{engine.Fields{"keep"}, d.setKeep},
		{engine.Fields{"ownership"}, d.setOwnership},
		{engine.Fields{"public-read"}, d.setAccess},
		{engine.Fields{"public-read", "tls-only", "other-statements"}, d.setPolicy},
		{engine.Fields{"versioned"}, d.setVersioning},
		{engine.Fields{"lifecycle"}, d.setLifecycle},
		{engine.Fields{"cors"}, d.setCORS},
	} {
		if !changed.Has(set.fields...) {
			continue
		}
		if err := set.do(ctx, name, want); err != nil {
			return err
		}
	}
	return nil
}
