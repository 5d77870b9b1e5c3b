package aws

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// S3 goes on denying a public policy for seconds after public access was let in.
func TestAPublicPolicyIsAskedForAgain(t *testing.T) {
	for _, test := range []struct {
		public   bool
		denials  int
		attempts int
		want     engine.Meaning
	}{
		{public: true, denials: 1, attempts: 2},
		{public: false, denials: 1, attempts: 1, want: engine.Denied},
	} {
		attempts := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if attempts++; attempts <= test.denials {
				w.WriteHeader(http.StatusForbidden)
				fmt.Fprint(w, "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
			}
		}))
		c := NewClients(aws.Config{
			Region: "us-east-1", BaseEndpoint: aws.String(server.URL),
			Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
		})
		c.S3 = s3.NewFromConfig(c.Config, func(o *s3.Options) { o.UsePathStyle = true })
		err := buckets{c}.setPolicy(t.Context(), aws.String("keyedin-public"), Bucket{PublicRead: test.public, TLSOnly: true})
		if (err == nil) != (test.want == 0) || err != nil && Classify(err) != test.want {
			t.Errorf("public %v: got %v", test.public, err)
		}
		if attempts != test.attempts {
			t.Errorf("public %v: %d attempts, want %d", test.public, attempts, test.attempts)
		}
		server.Close()
	}
}
