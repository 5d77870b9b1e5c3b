package proxy

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// request is one as an SDK signs it.
func request(method, url, service, body string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, url, strings.NewReader(body))
	if service != "" {
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/"+service+
			"/aws4_request, SignedHeaders=host, Signature=00")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

const endpoint = "http://127.0.0.1:4599"

func form(service, body string) *http.Request {
	return request("POST", endpoint+"/", service, body, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
}

func s3(method, path string, headers ...string) *http.Request {
	return request(method, endpoint+path, "s3", "", headers...)
}

func TestIdentifyNamesOperationsAndClasses(t *testing.T) {
	t.Parallel()
	presigned := httptest.NewRequest(http.MethodGet, endpoint+"/keyedin-private/releases/1.zip?X-Amz-Algorithm=AWS4-HMAC-SHA256"+
		"&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260101%2Fus-east-1%2Fs3%2Faws4_request", nil)
	virtual := s3("PUT", "/infrastructure/production.lock")
	virtual.Host = "keyedin-private.s3.us-east-1.amazonaws.com"
	local := s3("GET", "/a/b")
	local.Host = "keyedin-private.localhost:4599"
	cases := []struct {
		r    *http.Request
		want string
		is   Class
	}{
		// ec2 and query
		{form("ec2", "Action=CreateVpc&Version=2016-11-15&CidrBlock=10.0.0.0%2F16"), "ec2:CreateVpc", Change},
		{form("ec2", "Action=DescribeVpcs&Version=2016-11-15"), "ec2:DescribeVpcs", Read},
		{form("ec2", "Action=RunInstances&DryRun=true"), "ec2:RunInstances", Read},
		{form("rds", "Action=CreateDBCluster"), "rds:CreateDBCluster", Change},
		{form("elasticloadbalancing", "Action=SetSubnets"), "elasticloadbalancing:SetSubnets", Change},
		{form("sts", "Action=GetCallerIdentity"), "sts:GetCallerIdentity", Read},
		{form("sts", "Action=AssumeRole"), "sts:AssumeRole", Read},
		{form("", "Action=AssumeRoleWithWebIdentity"), ":AssumeRoleWithWebIdentity", Read},
		{request("GET", endpoint+"/?Action=ListRoles&Version=2010-05-08", "iam", ""), "iam:ListRoles", Read},
		{form("iam", "Action=SimulatePrincipalPolicy"), "iam:SimulatePrincipalPolicy", Read},
		{form("iam", "Action=TagRole"), "iam:TagRole", Change},
		// json
		{request("POST", endpoint+"/", "logs", "{}", "X-Amz-Target", "Logs_20140328.PutRetentionPolicy"), "logs:PutRetentionPolicy", Change},
		{request("POST", endpoint+"/", "ecr", "{}", "X-Amz-Target", "AmazonEC2ContainerRegistry_V20150921.BatchGetImage"), "ecr:BatchGetImage", Read},
		{request("POST", endpoint+"/", "ssm", "{}", "X-Amz-Target", "AmazonSSM.GetParameter"), "ssm:GetParameter", Read},
		{request("POST", endpoint+"/", "acm", "{}", "X-Amz-Target", "CertificateManager.RequestCertificate"), "acm:RequestCertificate", Change},
		// rpc-v2-cbor
		{request("POST", endpoint+"/service/GraniteServiceVersion20100801/operation/PutMetricAlarm", "monitoring", "\xa0",
			"Smithy-Protocol", "rpc-v2-cbor"), "monitoring:PutMetricAlarm", Change},
		{request("POST", endpoint+"/service/GraniteServiceVersion20100801/operation/DescribeAlarms", "monitoring", "\xa0",
			"Smithy-Protocol", "rpc-v2-cbor"), "monitoring:DescribeAlarms", Read},
		// rest-xml: Route 53
		{request("POST", endpoint+"/2013-04-01/hostedzone", "route53", ""), "route53:CreateHostedZone", Change},
		{request("POST", endpoint+"/2013-04-01/hostedzone/Z1/rrset/", "route53", ""), "route53:ChangeResourceRecordSets", Change},
		{request("GET", endpoint+"/2013-04-01/hostedzone/Z1/rrset?maxitems=1", "route53", ""), "route53:ListResourceRecordSets", Read},
		{request("GET", endpoint+"/2013-04-01/hostedzonesbyname?dnsname=keyedin.app", "route53", ""), "route53:ListHostedZonesByName", Read},
		{request("POST", endpoint+"/2013-04-01/tags/hostedzone", "route53", ""), "route53:ListTagsForResources", Read},
		{request("POST", endpoint+"/2013-04-01/tags/hostedzone/Z1", "route53", ""), "route53:ChangeTagsForResource", Change},
		{request("DELETE", endpoint+"/2013-04-01/hostedzone/Z1", "route53", ""), "route53:DeleteHostedZone", Change},
		// rest-xml: S3
		{s3("GET", "/"), "s3:ListBuckets", Read},
		{s3("PUT", "/keyedin-public"), "s3:CreateBucket", Change},
		{s3("HEAD", "/keyedin-public"), "s3:HeadBucket", Read},
		{s3("DELETE", "/keyedin-public"), "s3:DeleteBucket", Change},
		{s3("PUT", "/keyedin-public?policy"), "s3:PutBucketPolicy", Change},
		{s3("GET", "/keyedin-public?policyStatus"), "s3:GetBucketPolicyStatus", Read},
		{s3("PUT", "/keyedin-public?publicAccessBlock"), "s3:PutPublicAccessBlock", Change},
		{s3("DELETE", "/keyedin-public?lifecycle"), "s3:DeleteBucketLifecycle", Change},
		{s3("PUT", "/keyedin-public?lifecycle"), "s3:PutBucketLifecycleConfiguration", Change},
		{s3("GET", "/keyedin-public?metrics"), "s3:ListBucketMetricsConfigurations", Read},
		{s3("GET", "/keyedin-public?metrics&id=all"), "s3:GetBucketMetricsConfiguration", Read},
		{s3("GET", "/keyedin-public?versions"), "s3:ListObjectVersions", Read},
		{s3("GET", "/keyedin-public?list-type=2&prefix=a"), "s3:ListObjectsV2", Read},
		{s3("POST", "/keyedin-public?delete"), "s3:DeleteObjects", Change},
		{s3("PUT", "/keyedin-private/releases/1.zip?x-id=PutObject"), "s3:PutObject", Change},
		{s3("PUT", "/keyedin-private/infrastructure/production.json?x-id=PutObject"), "s3:PutObject", State},
		{s3("GET", "/keyedin-private/infrastructure/production.json"), "s3:GetObject", Read},
		{s3("DELETE", "/keyedin-private/infrastructure/production.lock"), "s3:DeleteObject", State},
		{s3("PUT", "/keyedin-private/b", "X-Amz-Copy-Source", "keyedin-private/a"), "s3:CopyObject", Change},
		{s3("POST", "/keyedin-private/a?uploads"), "s3:CreateMultipartUpload", Change},
		{s3("PUT", "/keyedin-private/a?partNumber=1&uploadId=x"), "s3:UploadPart", Change},
		{s3("POST", "/keyedin-private/a?uploadId=x"), "s3:CompleteMultipartUpload", Change},
		{s3("DELETE", "/keyedin-private/a?uploadId=x"), "s3:AbortMultipartUpload", Change},
		{s3("PUT", "/keyedin-private/a?tagging"), "s3:PutObjectTagging", Change},
		{presigned, "s3:GetObject", Read},
		{virtual, "s3:PutObject", State},
		{local, "s3:GetObject", Read},
		// rest-json has no table: named by method and path
		{request("GET", endpoint+"/v1/apis", "apigateway", ""), "apigateway:GET /v1/apis", Read},
		{request("PATCH", endpoint+"/v1/apis/1", "apigateway", ""), "apigateway:PATCH /v1/apis/1", Change},
	}
	for _, c := range cases {
		body := make([]byte, c.r.ContentLength)
		if c.r.ContentLength > 0 {
			if _, err := c.r.Body.Read(body); err != nil {
				t.Fatal(err)
			}
		}
		op := Identify(c.r, body)
		if op.String() != c.want || op.Class != c.is {
			t.Errorf("%s %s %s: %s, a %s; want %s, a %s", c.r.Method, c.r.URL, body, op, op.Class, c.want, c.is)
		}
	}
}

func TestIdentifyFindsBucketAndKey(t *testing.T) {
	t.Parallel()
	op := Identify(s3("GET", "/keyedin-private/releases/1/bundle.zip"), nil)
	if op.Bucket != "keyedin-private" || op.Key != "releases/1/bundle.zip" {
		t.Errorf("bucket %q, key %q", op.Bucket, op.Key)
	}
	virtual := s3("GET", "/releases/1.zip")
	virtual.Host = "keyedin-private.s3.amazonaws.com"
	op = Identify(virtual, nil)
	if op.Bucket != "keyedin-private" || op.Key != "releases/1.zip" {
		t.Errorf("bucket %q, key %q", op.Bucket, op.Key)
	}
}

func TestClasses(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Class{
		"kms:Decrypt": Read, "kms:ReEncrypt": Read, "kms:CreateKey": Change, "logs:StartQuery": Read, "ec2:GetConsoleOutput": Read,
		"ec2:DetachVolume": Change, "s3:SelectObjectContent": Read, "ssm:SendCommand": Change, "codedeploy:ListApplications": Read,
		"ec2:Describe": Read, "x:Getaway": Change, "sns:VerifySMSSandboxPhoneNumber": Change, "autoscaling:TestIt": Read,
		"elasticloadbalancing:Testify": Change,
	} {
		service, operation, _ := strings.Cut(name, ":")
		if got := classOf(service, operation); got != want {
			t.Errorf("%s is a %s, want %s", name, got, want)
		}
	}
}
