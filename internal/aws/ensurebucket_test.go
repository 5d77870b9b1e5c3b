package aws

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
)

func privateBucket() (Bucket, engine.Identity) {
	return Bucket{
			Name: "keyedin-private", Versioned: true, TLSOnly: true, Ownership: OwnerEnforced, Keep: true,
			Lifecycle: engine.Set[LifecycleRule]{{Prefix: "", NoncurrentDays: 90, NewerVersions: 20, AbortDays: 7}},
		}, engine.Identity{
			Project: "keyedin", Environment: "production", Address: "bucket/private", Name: "keyedin-private",
			Tags: engine.Identify("keyedin", "production", "bucket/private"),
		}
}

// seen reads a bucket as the engine would.
func seen(t *testing.T, c *Clients, s Bucket, id engine.Identity) []engine.Live[Bucket] {
	t.Helper()
	known := []engine.Expected{{Kind: "bucket", Address: id.Address, Document: engine.Document{
		"name": s.Name, "public-read": s.PublicRead, "keep": s.Keep,
	}}}
	lives, err := buckets{c}.Read(t.Context(), engine.NewScope(id.Project, id.Environment, known))
	if err != nil {
		t.Fatal(err)
	}
	return lives
}

func TestEnsureBucketMakesItWithAllSettings(t *testing.T) {
	b := bench.Start(t)
	c := NewClients(b.Config())
	s, id := privateBucket()
	if err := c.EnsureBucket(t.Context(), s, id); err != nil {
		t.Fatal(err)
	}
	lives := seen(t, c, s, id)
	if len(lives) != 1 || lives[0].Foreign || lives[0].Keep == "" || lives[0].Address != id.Address {
		t.Fatalf("%+v", lives)
	}
	if diff := cmp.Diff(s, lives[0].Spec); diff != "" {
		t.Errorf("(-wanted +is)\n%s", diff)
	}
	b.Clear()
	if err := c.EnsureBucket(t.Context(), s, id); err != nil {
		t.Fatal(err)
	}
	if calls := b.Record().Mutating(); len(calls) != 0 {
		t.Errorf("the second time it calls %v", calls)
	}
	if err := (buckets{c}).Delete(t.Context(), lives[0]); err == nil {
		t.Error("a bucket to keep is deleted")
	}
}

func TestEnsureBucketMendsWhatAnInterruptedOneLeft(t *testing.T) {
	b := bench.Start(t)
	c := NewClients(b.Config())
	s, id := privateBucket()
	if err := (buckets{c}).Create(t.Context(), id, s); err != nil {
		t.Fatal(err)
	}
	if err := c.EnsureBucket(t.Context(), s, id); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, seen(t, c, s, id)[0].Spec); diff != "" {
		t.Errorf("(-wanted +is)\n%s", diff)
	}
}

func TestEnsureBucketLeavesOthersAlone(t *testing.T) {
	b := bench.Start(t)
	c := NewClients(b.Config())
	s, id := privateBucket()
	if _, err := c.S3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(s.Name)}); err != nil {
		t.Fatal(err)
	}
	b.Clear()
	err := c.EnsureBucket(t.Context(), s, id)
	var taken *BucketTaken
	if !errors.As(err, &taken) || taken.Key != "storage.private" {
		t.Fatalf("%v", err)
	}
	if err := (buckets{c}).Create(t.Context(), id, s); Classify(err) != engine.Conflict {
		t.Errorf("a create of what is there: %v", err)
	}
	if calls := b.Record().Mutating(); len(calls) != 0 {
		t.Errorf("it calls %v", calls)
	}
	if lives := seen(t, c, s, id); len(lives) != 1 || !lives[0].Foreign {
		t.Errorf("%+v", lives)
	}
}

func TestDeleteEmptiesABucket(t *testing.T) {
	b := bench.Start(t)
	c := NewClients(b.Config())
	s, id := privateBucket()
	s.Keep = false
	if err := c.EnsureBucket(t.Context(), s, id); err != nil {
		t.Fatal(err)
	}
	name := aws.String(s.Name)
	for range 3 {
		for _, key := range []string{"a", "b/c", "d e+f/ü&<>"} {
			if _, err := c.S3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: name, Key: aws.String(key), Body: strings.NewReader("x")}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := c.S3.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: name, Key: aws.String("a")}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.S3.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: name, Key: aws.String("big")}); err != nil {
		t.Fatal(err)
	}
	live := seen(t, c, s, id)[0]
	if err := (buckets{c}).Delete(t.Context(), live); err != nil {
		t.Fatal(err)
	}
	if lives := seen(t, c, s, id); len(lives) != 0 {
		t.Errorf("%+v", lives)
	}
	if err := (buckets{c}).Delete(t.Context(), live); Classify(err) != engine.NotFound {
		t.Errorf("the second time: %v", err)
	}
}

func TestDriftOfABucketIsSeen(t *testing.T) {
	b := bench.Start(t)
	c := NewClients(b.Config())
	s, id := privateBucket()
	if err := c.EnsureBucket(t.Context(), s, id); err != nil {
		t.Fatal(err)
	}
	statement := `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"s3:*","Resource":"arn:aws:s3:::keyedin-private"}`
	for what, drift := range map[string]func() error{
		"access": func() error {
			_, err := c.S3.DeletePublicAccessBlock(t.Context(), &s3.DeletePublicAccessBlockInput{Bucket: aws.String(s.Name)})
			return err
		},
		"policy": func() error {
			_, err := c.S3.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{
				Bucket: aws.String(s.Name), Policy: aws.String(`{"Version":"2012-10-17","Statement":[` + statement + `]}`),
			})
			return err
		},
		"versioning": func() error {
			_, err := c.S3.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
				Bucket: aws.String(s.Name), VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusSuspended},
			})
			return err
		},
	} {
		if err := drift(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s, seen(t, c, s, id)[0].Spec); diff == "" {
			t.Errorf("changed %s is not seen", what)
		}
		if err := c.EnsureBucket(t.Context(), s, id); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s, seen(t, c, s, id)[0].Spec); diff != "" {
			t.Errorf("changed %s is not mended:\n%s", what, diff)
		}
	}
}
