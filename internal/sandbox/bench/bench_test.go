package bench_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
)

func pathStyle(o *s3.Options) { o.UsePathStyle = true }

func TestEachBenchIsAnAccountOfItsOwn(t *testing.T) {
	first, second := bench.Start(t), bench.Start(t)
	for _, b := range []*bench.Bench{first, second} {
		identity, err := sts.NewFromConfig(b.Config()).GetCallerIdentity(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := aws.ToString(identity.Account); got != b.Account {
			t.Errorf("the caller is in account %s, want %s", got, b.Account)
		}
		// The same bucket name is free in both.
		client := s3.NewFromConfig(b.Config(), pathStyle)
		if _, err := client.CreateBucket(context.Background(), &s3.CreateBucketInput{Bucket: aws.String("keyedin-private")}); err != nil {
			t.Fatal(err)
		}
		body := "of " + b.Account
		_, err = client.PutObject(context.Background(), &s3.PutObjectInput{
			Bucket: aws.String("keyedin-private"), Key: aws.String("infrastructure/production.json"), Body: reader(body)})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, b := range []*bench.Bench{first, second} {
		if got := get(t, b, "keyedin-private", "infrastructure/production.json"); got != "of "+b.Account {
			t.Errorf("account %s reads %q", b.Account, got)
		}
	}
	zones, err := route53.NewFromConfig(second.Config()).ListHostedZones(context.Background(), nil)
	if err != nil || len(zones.HostedZones) != 0 {
		t.Errorf("a fresh account has %d zones, %v", len(zones.HostedZones), err)
	}
}

func TestAnAccountIsForgottenWithItsTest(t *testing.T) {
	var account, moto string
	t.Run("inner", func(t *testing.T) {
		b := bench.Start(t)
		account, moto = b.Account, b.Moto
		client := s3.NewFromConfig(b.Config(), pathStyle)
		if _, err := client.CreateBucket(context.Background(), &s3.CreateBucketInput{Bucket: aws.String("gone")}); err != nil {
			t.Fatal(err)
		}
	})
	if got := status(t, moto+"/gone", account); got != 404 {
		t.Errorf("the bucket of a forgotten account answers %d, want 404", got)
	}
}

func TestTheRecordNamesCallsAndClasses(t *testing.T) {
	b := bench.Start(t)
	client := s3.NewFromConfig(b.Config(), pathStyle)
	if _, err := client.CreateBucket(context.Background(), &s3.CreateBucketInput{Bucket: aws.String("keyedin-private")}); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"infrastructure/production.lock", "releases/1.zip"} {
		_, err := client.PutObject(context.Background(), &s3.PutObjectInput{
			Bucket: aws.String("keyedin-private"), Key: aws.String(key), Body: reader("x")})
		if err != nil {
			t.Fatal(err)
		}
	}
	get(t, b, "keyedin-private", "releases/1.zip")
	var got []string
	for _, call := range b.Record() {
		got = append(got, call.String()+" "+string(call.Operation.Class))
	}
	want := []string{"s3:CreateBucket change", "s3:PutObject state", "s3:PutObject change", "s3:GetObject read"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := b.Record().Depth(); got != 4 {
		t.Errorf("four calls one after the other have depth %d", got)
	}
	b.Clear()
	if got := len(b.Record()); got != 0 {
		t.Errorf("%d calls after Clear", got)
	}
}
