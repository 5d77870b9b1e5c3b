package bench_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
)

func reader(s string) io.Reader { return strings.NewReader(s) }

func get(t *testing.T, b *bench.Bench, bucket, key string) string {
	t.Helper()
	out, err := s3.NewFromConfig(b.Config(), pathStyle).GetObject(context.Background(),
		&s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
