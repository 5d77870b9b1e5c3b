package aws

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// answering is a client of something that answers each action with a status
// and a body.
func answering(t *testing.T, answers map[string]string) *Clients {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		body, ok := answers[r.Form.Get("Action")]
		if !ok {
			body = answers[""]
		}
		status := http.StatusBadRequest
		if strings.Contains(body, "Result>") {
			status = http.StatusOK
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return NewClients(aws.Config{
		Region: "eu-west-3", BaseEndpoint: aws.String(server.URL), Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	})
}

func ec2Error(code, message string) string {
	return fmt.Sprintf(`<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>req-1</RequestID></Response>`, code, message)
}

func queryError(code, message string) string {
	return fmt.Sprintf(`<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>req-2</RequestId></ErrorResponse>`, code, message)
}

func decodedAs(body string) string {
	return `<DecodeAuthorizationMessageResponse><DecodeAuthorizationMessageResult><DecodedMessage>` +
		strings.ReplaceAll(body, `"`, "&quot;") + `</DecodedMessage></DecodeAuthorizationMessageResult></DecodeAuthorizationMessageResponse>`
}

func createVPC(t *testing.T, c *Clients) error {
	t.Helper()
	_, err := c.EC2.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	if err == nil {
		t.Fatal("the call was to fail")
	}
	return &engine.OpError{Op: "create", Address: "vpc/main", Err: err}
}

// says holds an explanation to its type and to what it must name.
func says[E error](t *testing.T, got error, original error, want ...string) E {
	t.Helper()
	var e E
	if !errors.As(got, &e) {
		t.Fatalf("%T: %v", got, got)
	}
	if !errors.Is(got, original) {
		t.Error("the error as it came is not in it")
	}
	for _, w := range want {
		if !strings.Contains(got.Error(), w) {
			t.Errorf("does not say %q:\n%s", w, got)
		}
	}
	return e
}

func TestExplainADenial(t *testing.T) {
	encoded := strings.Repeat("Zm9v", 100)
	denial := ec2Error("UnauthorizedOperation", "You are not authorized. Encoded authorization failure message: "+encoded)
	reason := `{"allowed":false,"explicitDeny":%v,"context":{"principal":{"arn":"arn:aws:iam::123456789012:user/ops"},"action":"ec2:CreateTags","resource":"arn:aws:ec2:eu-west-3:123456789012:vpc/*"}}`
	t.Run("decoded", func(t *testing.T) {
		c := answering(t, map[string]string{"CreateVpc": denial, "DecodeAuthorizationMessage": decodedAs(fmt.Sprintf(reason, false))})
		err := createVPC(t, c)
		e := says[*Denied](t, c.Explain(t.Context(), err), err, "create vpc/main: ", "user/ops", "ec2:CreateTags", ":vpc/*", "Allow it")
		if e.Explicit || strings.Contains(e.Error(), encoded) {
			t.Errorf("%+v", e)
		}
	})
	t.Run("denied explicitly", func(t *testing.T) {
		c := answering(t, map[string]string{"CreateVpc": denial, "DecodeAuthorizationMessage": decodedAs(fmt.Sprintf(reason, true))})
		err := createVPC(t, c)
		says[*Denied](t, c.Explain(t.Context(), err), err, "explicitly", "service control policies")
	})
	t.Run("decoding is denied too", func(t *testing.T) {
		c := answering(t, map[string]string{"CreateVpc": denial, "DecodeAuthorizationMessage": queryError("AccessDenied", "no")})
		err := createVPC(t, c)
		says[*Denied](t, c.Explain(t.Context(), err), err, "ec2:CreateVpc", "ec2:CreateTags", "sts:DecodeAuthorizationMessage")
	})
	t.Run("in plain words", func(t *testing.T) {
		c := answering(t, map[string]string{"": queryError("AccessDenied", "User: arn:aws:iam::123456789012:user/ops is not authorized")})
		_, err := c.RDS.StartDBCluster(t.Context(), &rds.StartDBClusterInput{DBClusterIdentifier: aws.String("main")})
		says[*Denied](t, c.Explain(t.Context(), err), err, "rds:StartDBCluster", "user/ops is not authorized")
	})
}

func TestExplainByCode(t *testing.T) {
	for name, c := range map[string]struct {
		code string
		hold func(*testing.T, error, error)
	}{
		"session": {"RequestExpired", func(t *testing.T, got, err error) { says[*SessionExpired](t, got, err, "aws sso login") }},
		"keys": {"AuthFailure", func(t *testing.T, got, err error) {
			says[*BadCredentials](t, got, err, "AuthFailure", "get-caller-identity")
		}},
		"region": {"OptInRequired", func(t *testing.T, got, err error) { says[*WrongRegion](t, got, err, "eu-west-3", "enable-region") }},
		"quota": {"VpcLimitExceeded", func(t *testing.T, got, err error) {
			says[*QuotaReached](t, got, err, "create vpc/main", "VPCs per Region", "--service-code vpc --quota-code L-F678F1CE", "--region eu-west-3")
		}},
		"other quota": {"TopicLimitExceeded", func(t *testing.T, got, err error) { says[*QuotaReached](t, got, err, "services/ec2/quotas") }},
		"refusal": {"InvalidVpcRange", func(t *testing.T, got, err error) {
			says[*Refused](t, got, err, "create vpc/main", "EC2 refused CreateVpc: words of AWS (InvalidVpcRange", "req-1")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			clients := answering(t, map[string]string{"CreateVpc": ec2Error(c.code, "words of AWS")})
			err := createVPC(t, clients)
			got := clients.Explain(t.Context(), err)
			c.hold(t, got, err)
			if again := clients.Explain(t.Context(), got); again != got {
				t.Errorf("explained twice: %v", again)
			}
		})
	}
}

func TestExplainWhatKeepsACallFromBeingMade(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Run("no profile", func(t *testing.T) {
		c, err := Connect(t.Context(), "nobody", "eu-west-3")
		if err == nil {
			t.Fatal("connected")
		}
		got := c.Explain(t.Context(), err)
		says[*NoProfile](t, got, got, `"nobody"`, "--profile nobody")
	})
	t.Run("no credentials", func(t *testing.T) {
		c, err := Connect(t.Context(), "", "eu-west-3")
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.STS.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		says[*NoCredentials](t, c.Explain(t.Context(), err), err, "aws configure sso", "AWS_PROFILE")
	})
	t.Run("no region", func(t *testing.T) {
		err := fmt.Errorf("resolve: %w", &aws.MissingRegionError{})
		says[*NoRegion](t, (*Clients)(nil).Explain(t.Context(), err), err, "keyedin.yaml")
	})
}

func TestExplainTheNetwork(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	c := NewClients(aws.Config{
		Region: "eu-west-3", BaseEndpoint: aws.String(server.URL), Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	})
	err := createVPC(t, c)
	address, _ := url.Parse(server.URL)
	e := says[*Unreachable](t, c.Explain(t.Context(), err), err, address.Host, "AWS_ENDPOINT_URL")
	if diff := cmp.Diff(address.Host, e.Host); diff != "" {
		t.Error(diff)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	_, err = c.S3.ListBuckets(ctx, &s3.ListBucketsInput{})
	if got := c.Explain(t.Context(), err); got == nil {
		t.Error("a deadline is explained away")
	}
}

func TestExplainSaysOneCauseOnce(t *testing.T) {
	c := answering(t, map[string]string{"CreateVpc": ec2Error("ExpiredToken", "it is over")})
	first, second := createVPC(t, c), createVPC(t, c)
	got := c.Explain(t.Context(), errors.Join(first, second))
	if e := says[*SessionExpired](t, got, first); strings.Count(got.Error(), "expired") != 1 {
		t.Errorf("%v", e)
	}
}

func TestExplainLeavesOthersAlone(t *testing.T) {
	_, file := os.Open(filepath.Join(t.TempDir(), "nowhere")) // it has the methods of an error of the network
	for _, err := range []error{nil, errors.New("not of AWS"), context.Canceled, file, &BucketTaken{Name: "files", Key: "storage.public"}} {
		if got := (*Clients)(nil).Explain(t.Context(), err); got != err {
			t.Errorf("%v became %v", err, got)
		}
	}
	var profile config.SharedConfigProfileNotExistError
	if errors.As((*Clients)(nil).Explain(t.Context(), errors.New("x")), &profile) {
		t.Error("made up a profile")
	}
}

// S3 answers alike for what is denied and for what is another account's.
func TestExplainABucket(t *testing.T) {
	listing := func(t *testing.T, name string) *Clients {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/" {
				fmt.Fprintf(w, `<ListAllMyBucketsResult><Buckets><Bucket><Name>%s</Name></Bucket></Buckets></ListAllMyBucketsResult>`, name)
				return
			}
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`)
		}))
		t.Cleanup(server.Close)
		return NewClients(aws.Config{
			Region: "eu-west-3", BaseEndpoint: aws.String(server.URL), Retryer: func() aws.Retryer { return aws.NopRetryer{} },
			Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
		})
	}
	read := func(c *Clients) error {
		_, err := c.S3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("files"), Key: aws.String("a")})
		return c.ExplainBucket(t.Context(), "files", "storage.private", err)
	}
	var taken *BucketTaken
	if err := read(listing(t, "files-2")); !errors.As(err, &taken) || taken.Name != "files" || taken.Key != "storage.private" {
		t.Errorf("another account's: %v", err)
	}
	err := read(listing(t, "files"))
	says[*Denied](t, err, err, "s3:GetObject", "the bucket files (storage.private)", "s3:ListBucket")
}

// What is refused for many objects alike is said once, with their names.
func TestExplainNamesAllObjectsOfOneCause(t *testing.T) {
	c := answering(t, map[string]string{"CreateVpc": ec2Error("UnauthorizedOperation", "not allowed"), "CreateSubnet": ec2Error("InvalidSubnet.Range", "no")})
	_, denied := c.EC2.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	_, refused := c.EC2.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: aws.String("vpc-1")})
	errs := []error{&engine.OpError{Op: "create", Address: "subnet/a", Err: refused}}
	for _, name := range []string{"1", "2", "3", "4", "5", "6"} {
		errs = append(errs, &engine.OpError{Op: "create", Address: "vpc/" + name, Err: denied})
	}
	got := c.Explain(t.Context(), errors.Join(errs...))
	text := got.Error()
	for _, want := range []string{"create subnet/a: ", "create vpc/1, create vpc/2, create vpc/3, create vpc/4, and 2 more: the AWS credentials"} {
		if !strings.Contains(text, want) {
			t.Errorf("does not say %q:\n%s", want, text)
		}
	}
	if n := strings.Count(text, "Allow it"); n != 1 {
		t.Errorf("it is said %d times:\n%s", n, text)
	}
	var e *Denied
	if !errors.As(got, &e) || !errors.Is(got, denied) {
		t.Errorf("the cause is not in it: %v", got)
	}
}
