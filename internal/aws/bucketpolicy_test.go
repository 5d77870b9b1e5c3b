package aws

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

func TestReadPolicy(t *testing.T) {
	type reading struct {
		Public, TLS bool
		Others      int
	}
	read := func(policy string) reading {
		public, tls, others := readPolicy(policy, "files", "aws")
		return reading{public, tls, len(others)}
	}
	both := bucketPolicy("files", "aws", true, true)
	for name, c := range map[string]struct {
		policy string
		want   reading
	}{
		"none":            {"", reading{}},
		"ours":            {both, reading{true, true, 0}},
		"TLS only":        {bucketPolicy("files", "aws", false, true), reading{false, true, 0}},
		"written by AWS":  {strings.ReplaceAll(both, `"Principal":"*"`, `"Principal":{"AWS":["*"]}`), reading{true, true, 0}},
		"other order":     {strings.ReplaceAll(both, `["arn:aws:s3:::files","arn:aws:s3:::files/*"]`, `["arn:aws:s3:::files/*","arn:aws:s3:::files"]`), reading{true, true, 0}},
		"more allowed":    {strings.ReplaceAll(both, `"s3:GetObject"`, `["s3:GetObject","s3:ListBucket"]`), reading{false, true, 1}},
		"other bucket":    {bucketPolicy("other", "aws", true, true), reading{false, false, 2}},
		"other partition": {bucketPolicy("files", "aws-cn", true, false), reading{false, false, 1}},
		"one statement":   {`{"Version":"2012-10-17","Statement":{"Sid":"x","Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}`, reading{false, false, 1}},
		"not JSON":        {"{", reading{false, false, 1}},
	} {
		if diff := cmp.Diff(c.want, read(c.policy)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

// TestBucketsOfOthers has S3 answer as it does for buckets that are not ours,
// or not here.
func TestBucketsOfOthers(t *testing.T) {
	serve := func(t *testing.T, status int, header map[string]string, list string) *Clients {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/" {
				_, _ = w.Write([]byte(`<ListAllMyBucketsResult><Buckets>` + list + `</Buckets></ListAllMyBucketsResult>`))
				return
			}
			for name, value := range header {
				w.Header().Set(name, value)
			}
			w.WriteHeader(status)
			if r.Method != http.MethodHead {
				_, _ = w.Write([]byte(`<Error><Code>` + map[int]string{301: "PermanentRedirect", 403: "AccessDenied"}[status] + `</Code></Error>`))
			}
		}))
		t.Cleanup(server.Close)
		return NewClients(aws.Config{
			Region: "eu-west-3", BaseEndpoint: aws.String(server.URL), Retryer: func() aws.Retryer { return aws.NopRetryer{} },
			Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
		})
	}
	s, id := privateBucket()
	scope := engine.NewScope(id.Project, id.Environment, nil)
	t.Run("of another account", func(t *testing.T) {
		c := serve(t, http.StatusForbidden, nil, "<Bucket><Name>keyedin-private-2</Name></Bucket>")
		live, err := buckets{c}.read(t.Context(), scope, s.Name, s)
		if err != nil || live == nil || !live.Foreign {
			t.Errorf("%+v %v", live, err)
		}
		err = buckets{c}.Create(t.Context(), id, s)
		if taken, ok := err.(*BucketTaken); !ok || taken.Name != s.Name || !strings.Contains(err.Error(), "storage.private") {
			t.Errorf("create: %v", err)
		}
	})
	t.Run("ours, and not to be read", func(t *testing.T) {
		c := serve(t, http.StatusForbidden, nil, "<Bucket><Name>keyedin-private</Name></Bucket>")
		if _, err := (buckets{c}).read(t.Context(), scope, s.Name, s); Classify(err) != engine.Denied {
			t.Error(err)
		}
	})
	t.Run("in another region", func(t *testing.T) {
		c := serve(t, http.StatusMovedPermanently, map[string]string{"X-Amz-Bucket-Region": "us-east-1"}, "")
		want := &BucketElsewhere{Name: s.Name, Key: "storage.private", Region: "us-east-1", Want: "eu-west-3"}
		_, err := buckets{c}.read(t.Context(), scope, s.Name, s)
		if diff := cmp.Diff(error(want), err); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(error(want), buckets{c}.Create(t.Context(), id, s)); diff != "" {
			t.Error(diff)
		}
	})
}
