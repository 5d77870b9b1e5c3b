package aws

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

func (d buckets) setKeep(ctx context.Context, name *string, want Bucket) error {
	if want.Keep {
		return d.Tag(ctx, *name, map[string]string{keepTag: "true"}, nil)
	}
	return d.Tag(ctx, *name, nil, []string{keepTag})
}

func (d buckets) setOwnership(ctx context.Context, name *string, want Bucket) error {
	_, err := d.S3.PutBucketOwnershipControls(ctx, &s3.PutBucketOwnershipControlsInput{
		Bucket: name, OwnershipControls: &types.OwnershipControls{
			Rules: []types.OwnershipControlsRule{{ObjectOwnership: types.ObjectOwnership(want.Ownership)}},
		},
	}, settling)
	return err
}

func (d buckets) setAccess(ctx context.Context, name *string, want Bucket) error {
	block := access(want.PublicRead)
	_, err := d.S3.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: name, PublicAccessBlockConfiguration: &block}, settling)
	return err
}

func (d buckets) setPolicy(ctx context.Context, name *string, want Bucket) error {
	policy := bucketPolicy(*name, d.partition(), want.PublicRead, want.TLSOnly)
	if policy == "" {
		_, err := d.S3.DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: name}, settling)
		return err
	}
	patience := settling
	if want.PublicRead {
		patience = opening
	}
	_, err := d.S3.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: name, Policy: aws.String(policy)}, patience)
	if want.PublicRead && Classify(err) == engine.Denied {
		return fmt.Errorf("a public policy for bucket %s was denied; the account's own Block Public Access may forbid it: "+
			"aws s3control get-public-access-block --account-id ACCOUNT: %w", *name, err)
	}
	return err
}

func (d buckets) setVersioning(ctx context.Context, name *string, want Bucket) error {
	status := types.BucketVersioningStatusSuspended
	if want.Versioned {
		status = types.BucketVersioningStatusEnabled
	}
	_, err := d.S3.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket: name, VersioningConfiguration: &types.VersioningConfiguration{Status: status},
	}, settling)
	return err
}

func (d buckets) setLifecycle(ctx context.Context, name *string, want Bucket) error {
	if len(want.Lifecycle) == 0 {
		_, err := d.S3.DeleteBucketLifecycle(ctx, &s3.DeleteBucketLifecycleInput{Bucket: name}, settling)
		return err
	}
	var rules []types.LifecycleRule
	for _, r := range want.Lifecycle {
		rules = append(rules, r.toS3())
	}
	_, err := d.S3.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{
		Bucket: name, LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: rules},
	}, settling)
	return err
}

// toS3 also clears delete markers under which nothing is left, wherever old
// versions go.
func (r LifecycleRule) toS3() types.LifecycleRule {
	rule := types.LifecycleRule{
		ID: aws.String("all"), Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: aws.String(r.Prefix)},
	}
	if r.Prefix != "" {
		rule.ID = aws.String(r.Prefix)
	}
	if r.NoncurrentDays > 0 {
		rule.NoncurrentVersionExpiration = &types.NoncurrentVersionExpiration{NoncurrentDays: aws.Int32(int32(r.NoncurrentDays))}
		if r.NewerVersions > 0 {
			rule.NoncurrentVersionExpiration.NewerNoncurrentVersions = aws.Int32(int32(r.NewerVersions))
		}
	}
	switch {
	case r.ExpireDays > 0:
		rule.Expiration = &types.LifecycleExpiration{Days: aws.Int32(int32(r.ExpireDays))}
	case r.NoncurrentDays > 0:
		rule.Expiration = &types.LifecycleExpiration{ExpiredObjectDeleteMarker: aws.Bool(true)}
	}
	if r.AbortDays > 0 {
		rule.AbortIncompleteMultipartUpload = &types.AbortIncompleteMultipartUpload{DaysAfterInitiation: aws.Int32(int32(r.AbortDays))}
	}
	return rule
}

// fromLifecycle reads a rule back; what a rule of ours never has shows in the
// prefix, so that the rule differs from every wanted one.
func fromLifecycle(rule types.LifecycleRule) LifecycleRule {
	r := LifecycleRule{Prefix: aws.ToString(rule.Prefix)} //nolint:staticcheck // old rules have it there
	if f := rule.Filter; f != nil && f.Prefix != nil {
		r.Prefix = *f.Prefix
	}
	if v := rule.NoncurrentVersionExpiration; v != nil {
		r.NoncurrentDays, r.NewerVersions = int(aws.ToInt32(v.NoncurrentDays)), int(aws.ToInt32(v.NewerNoncurrentVersions))
	}
	if e := rule.Expiration; e != nil {
		r.ExpireDays = int(aws.ToInt32(e.Days))
	}
	if a := rule.AbortIncompleteMultipartUpload; a != nil {
		r.AbortDays = int(aws.ToInt32(a.DaysAfterInitiation))
	}
	f := rule.Filter
	other := f != nil && (f.And != nil || f.Tag != nil || f.ObjectSizeGreaterThan != nil || f.ObjectSizeLessThan != nil) ||
		len(rule.Transitions) > 0 || len(rule.NoncurrentVersionTransitions) > 0 || rule.Expiration != nil && rule.Expiration.Date != nil
	switch {
	case rule.Status != types.ExpirationStatusEnabled:
		r.Prefix += " (switched off)"
	case other:
		r.Prefix += " (with other conditions)"
	}
	return r
}

// corsAge is for how many seconds browsers may remember the answer.
const corsAge = 3600

func (d buckets) setCORS(ctx context.Context, name *string, want Bucket) error {
	if len(want.CORS.Origins) == 0 {
		_, err := d.S3.DeleteBucketCors(ctx, &s3.DeleteBucketCorsInput{Bucket: name}, settling)
		return err
	}
	_, err := d.S3.PutBucketCors(ctx, &s3.PutBucketCorsInput{Bucket: name, CORSConfiguration: &types.CORSConfiguration{
		CORSRules: []types.CORSRule{{
			AllowedMethods: []string{"GET", "HEAD"}, AllowedOrigins: want.CORS.Origins, AllowedHeaders: []string{"*"}, MaxAgeSeconds: aws.Int32(corsAge),
		}},
	}}, settling)
	return err
}

// fromCORS gives the origins of a rule of ours; another's show with what they
// may do.
func fromCORS(rules []types.CORSRule) CORS {
	var c CORS
	for _, r := range rules {
		ours := sameSet(r.AllowedMethods, []string{"GET", "HEAD"}) && sameSet(r.AllowedHeaders, []string{"*"})
		for _, origin := range r.AllowedOrigins {
			if !ours {
				origin = fmt.Sprint(origin, " ", r.AllowedMethods)
			}
			c.Origins = append(c.Origins, origin)
		}
	}
	return c
}
