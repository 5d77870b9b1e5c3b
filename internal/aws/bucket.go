package aws

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Bucket is an S3 bucket with its settings. It is encrypted with S3's own keys,
// which AWS does for every bucket and cannot be switched off.
type Bucket struct {
	// Name is unique in all of AWS: 3 to 63 lower-case letters, digits, hyphens and
	// periods.
	Name string `json:"name"`
	// Versioned keeps what is overwritten and deleted. It cannot be undone, only
	// suspended.
	Versioned bool `json:"versioned"`
	// PublicRead lets anyone read objects by their name, and nothing else.
	PublicRead bool `json:"public-read"`
	// TLSOnly refuses requests that are not encrypted on their way.
	TLSOnly bool `json:"tls-only"`
	// Ownership is BucketOwnerEnforced: there are no access control lists.
	Ownership string                    `json:"ownership"`
	Lifecycle engine.Set[LifecycleRule] `json:"lifecycle"`
	// CORS lets web pages of other origins read objects.
	CORS CORS `json:"cors,omitzero"`
	// Keep says that the bucket is never deleted; a tag on it says so too.
	Keep bool `json:"keep"`
	// Statements are those of the bucket's policy that none of the above accounts
	// for. They are always wanted empty.
	Statements engine.Set[string] `json:"other-statements"`
}

// LifecycleRule takes objects away by age, in days; 0 is never.
type LifecycleRule struct {
	// Prefix of the keys it is for; "" is all of them.
	Prefix string `json:"prefix"`
	// NoncurrentDays is for versions that were overwritten or deleted.
	NoncurrentDays int `json:"noncurrent-days,omitzero"`
	// NewerVersions is how many noncurrent versions stay in spite of their age, at
	// most 100; it needs NoncurrentDays.
	NewerVersions int `json:"newer-versions,omitzero"`
	// ExpireDays is for objects themselves.
	ExpireDays int `json:"expire-days,omitzero"`
	// AbortDays is for uploads that were begun and not completed.
	AbortDays int `json:"abort-days,omitzero"`
}

// CORS is who may read objects from a web page of another origin.
type CORS struct {
	// Origins are such as https://example.com.
	Origins engine.Set[string] `json:"origins"`
}

// OwnerEnforced is the Ownership of every bucket we make.
const OwnerEnforced = "BucketOwnerEnforced"

// Kind implements engine.Spec.
func (Bucket) Kind() string { return "bucket" }

// Fixed implements engine.Fixer.
func (Bucket) Fixed() []string { return []string{"name"} }

// Timing implements engine.Timed. A name that was just given up cannot be
// taken again for up to an hour.
func (Bucket) Timing() engine.Timing { return engine.Timing{GiveUp: time.Hour} }

// key is where keyedin.yaml names the bucket.
func (s Bucket) key() string {
	if s.Keep {
		return "storage.private"
	}
	return "storage.public"
}

// Loses implements engine.Precious.
func (Bucket) Loses() string { return "every file in it, with all old versions" }

// Effect implements engine.Affecting.
func (Bucket) Effect(changed engine.Fields) engine.Effect {
	switch {
	case changed.Has("public-read"):
		return engine.Effect{Level: engine.Degraded, Text: "who may read the files changes at once"}
	case changed.Has("lifecycle"):
		return engine.Effect{Level: engine.NoEffect, Text: "what is older than a rule allows goes within a day or two"}
	}
	return engine.Effect{}
}

// BucketARN is the ARN of the bucket; that of its objects is BucketARN + "/*".
func BucketARN(r engine.Ref[Bucket]) engine.Value[string] { return engine.Attr[string](r, "arn") }

// BucketDomain is the DNS name that serves the bucket's objects over https.
func BucketDomain(r engine.Ref[Bucket]) engine.Value[string] {
	return engine.Attr[string](r, "domain")
}

// keepTag marks on the bucket itself that it is never deleted.
const keepTag = "keep"

type buckets struct{ *Clients }

func (d buckets) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[Bucket], error) {
	kind := Bucket{}.Kind()
	return each(ctx, names(scope, kind), func(ctx context.Context, name string) (*engine.Live[Bucket], error) {
		known, _ := scope.Find(kind, name)
		return d.read(ctx, scope, name, wantedAs[Bucket](known))
	})
}

// read returns nil when there is no such bucket.
func (d buckets) read(ctx context.Context, scope engine.Scope, name string, wanted Bucket) (*engine.Live[Bucket], error) {
	applied, recorded := appliedAs[Bucket](scope, name)
	is, err := d.look(ctx, name, wanted.Keep, !recorded)
	switch {
	case Classify(err) == engine.NotFound:
		return nil, nil
	case Classify(err) == engine.Denied:
		if mine, listErr := d.owns(ctx, name); mine || listErr != nil {
			return nil, err
		}
		return &engine.Live[Bucket]{ID: name, Spec: Bucket{Name: name}, Foreign: true}, nil
	case err != nil:
		return nil, elsewhere(err, name, wanted.key(), d.Config.Region)
	}
	live := &engine.Live[Bucket]{ID: name, Spec: is.spec(name, d.partition(), wanted)}
	if recorded { // then it need not be asked whose it is
		live.Spec.Keep = applied.Keep
	}
	live.Attrs = map[string]any{
		"arn":    "arn:" + d.partition() + ":s3:::" + name,
		"domain": name + ".s3." + d.Config.Region + "." + d.domainSuffix(),
	}
	if is.unsettled {
		live.Status, live.Reason = engine.Pending, "S3 does not show all of its settings yet"
	}
	if live.Spec.Keep {
		live.Keep = "it is marked to be kept; when its files are no longer needed, empty and delete it by hand"
	}
	if !recorded {
		belongs(scope, live, is.tags)
	}
	return live, nil
}

// owns tells a bucket of our account that we may not read from one of someone
// else's.
func (d buckets) owns(ctx context.Context, name string) (bool, error) {
	pages := s3.NewListBucketsPaginator(d.S3, &s3.ListBucketsInput{Prefix: aws.String(name)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(page.Buckets, func(b types.Bucket) bool { return aws.ToString(b.Name) == name }) {
			return true, nil
		}
	}
	return false, nil
}

// Create looks first: in us-east-1 S3 answers a create of a bucket one has
// with success, and resets its access control lists.
func (d buckets) Create(ctx context.Context, id engine.Identity, s Bucket) error {
	_, err := d.S3.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String(s.Name)})
	switch status := httpStatus(err); {
	case err == nil:
		return &types.BucketAlreadyOwnedByYou{Message: aws.String("bucket " + s.Name + " exists")}
	case status == http.StatusForbidden:
		return &BucketTaken{Name: s.Name, Key: s.key()}
	case status != http.StatusNotFound:
		return elsewhere(err, s.Name, s.key(), d.Config.Region)
	}
	tags := maps.Clone(id.Tags)
	if s.Keep {
		tags[keepTag] = "true"
	}
	in := &s3.CreateBucketInput{
		Bucket: aws.String(s.Name), ObjectOwnership: types.ObjectOwnership(s.Ownership),
		CreateBucketConfiguration: &types.CreateBucketConfiguration{Tags: toS3(tags)},
	}
	if d.Config.Region != "us-east-1" { // which is the one region that must not be named
		in.CreateBucketConfiguration.LocationConstraint = types.BucketLocationConstraint(d.Config.Region)
	}
	_, err = d.S3.CreateBucket(ctx, in)
	var taken *types.BucketAlreadyExists
	switch {
	case errors.As(err, &taken):
		return &BucketTaken{Name: s.Name, Key: s.key()}
	case err != nil:
		return elsewhere(err, s.Name, s.key(), d.Config.Region)
	}
	// What serves S3's API is not always S3, and then may drop the tags above.
	_, err = d.S3.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{
		Bucket: aws.String(s.Name), Tagging: &types.Tagging{TagSet: toS3(tags)},
	}, settling)
	return err
}

// Delete empties the bucket first: of objects, their versions, and uploads.
func (d buckets) Delete(ctx context.Context, is engine.Live[Bucket]) error {
	if is.Keep != "" {
		return fmt.Errorf("bucket %s stays: %s", is.ID, is.Keep)
	}
	if err := d.EmptyBucket(ctx, is.ID); err != nil {
		return err
	}
	_, err := d.S3.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: aws.String(is.ID)})
	return err
}

// Tag merges: S3 knows only the whole set.
func (d buckets) Tag(ctx context.Context, id string, set map[string]string, unset []string) error {
	tags, err := d.bucketTags(ctx, id)
	if err != nil {
		return err
	}
	maps.Copy(tags, set)
	for _, key := range unset {
		delete(tags, key)
	}
	_, err = d.S3.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{
		Bucket: aws.String(id), Tagging: &types.Tagging{TagSet: toS3(tags)},
	}, settling)
	return err
}

func toS3(tags map[string]string) []types.Tag {
	return tagList(tags, func(k, v *string) types.Tag { return types.Tag{Key: k, Value: v} })
}

func fromS3(list []types.Tag) map[string]string {
	return tagMap(list, func(t types.Tag) (*string, *string) { return t.Key, t.Value })
}
