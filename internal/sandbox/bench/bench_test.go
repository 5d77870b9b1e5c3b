package bench_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
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

func TestAnAccountEndsWithItsTest(t *testing.T) {
	var moto string
	t.Run("inner", func(t *testing.T) {
		b := bench.Start(t)
		moto = b.Moto
		if w := b.World(t); len(w) > 0 {
			t.Errorf("there is %v", w.Names())
		}
	})
	if response, err := http.Get(moto + "/moto-api/"); err == nil {
		response.Body.Close()
		t.Errorf("it still answers: %s", response.Status)
	}
}

func TestAForkGoesItsOwnWay(t *testing.T) {
	t.Parallel()
	first := bench.Start(t)
	vpc, _ := build(t, first)
	second := first.Fork(t)
	if d := cmp.Diff(first.World(t), second.World(t)); d != "" {
		t.Errorf("the fork has something else: %s", d)
	}
	client := ec2.NewFromConfig(second.Config())
	if out, err := client.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{VpcIds: []string{*vpc}}); err != nil || len(out.Vpcs) != 1 {
		t.Errorf("the ids are others: %v", err)
	}
	want := first.World(t)
	if _, err := client.CreateInternetGateway(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, first.World(t)); d != "" {
		t.Errorf("what the fork makes shows where it came from: %s", d)
	}
	if cmp.Equal(want, second.World(t)) {
		t.Error("the fork does not have what it made")
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
