package main

import (
	"encoding/json"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	own "github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
)

// policy is what a role may do, as IAM has it.
type policy struct {
	account   string
	Statement []struct {
		Sid              string
		Action, Resource []string
		Condition        map[string]map[string][]string
	}
}

// policyOf reads the policy of one of the environment's roles.
func (p *place) policyOf(role string) policy {
	p.t.Helper()
	out, err := iam.NewFromConfig(p.Config()).GetRolePolicy(p.t.Context(), &iam.GetRolePolicyInput{RoleName: aws.String(role), PolicyName: aws.String("keyedin")})
	if err != nil {
		p.t.Fatal(err)
	}
	text, err := url.PathUnescape(aws.ToString(out.PolicyDocument))
	doc := policy{account: p.Account}
	if err != nil || json.Unmarshal([]byte(text), &doc) != nil || len(doc.Statement) == 0 {
		p.t.Fatalf("the policy of %s is %s", role, text)
	}
	return doc
}

// refused are the calls that the policy does not allow, each once.
func (p policy) refused(r proxy.Record) []string {
	var all []string
	for _, c := range r {
		for _, action := range actions(c) {
			for _, resource := range p.resources(c, action) {
				if !p.allows(c, action, resource) && action != "sts:GetCallerIdentity" { // which everybody may
					all = append(all, action+" "+resource)
				}
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// unused are the statements that none of the calls needs.
func (p policy) unused(r proxy.Record) []string {
	var all []string
	for _, s := range p.Statement {
		alone, used := policy{account: p.account}, false
		alone.Statement = append(alone.Statement, s)
		for _, c := range r {
			for _, action := range actions(c) {
				used = used || slices.ContainsFunc(p.resources(c, action), func(resource string) bool { return alone.allows(c, action, resource) })
			}
		}
		if !used {
			all = append(all, s.Sid)
		}
	}
	return all
}

func (p policy) allows(c proxy.Call, action, resource string) bool {
	for _, s := range p.Statement {
		if slices.Contains(s.Action, action) && slices.ContainsFunc(s.Resource, func(pattern string) bool { return likes(pattern, resource) }) && holds(c, s.Condition) {
			return true
		}
	}
	return false
}

// likes is IAM's comparison of ARNs, whose * runs over slashes too. A resource
// that the call does not tell is one that fits.
func likes(pattern, resource string) bool {
	flat := strings.NewReplacer("/", "|", "[", "(", "]", ")")
	ok, err := path.Match(flat.Replace(pattern), flat.Replace(resource))
	return err == nil && ok || resource == ""
}

// holds looks at the conditions that a call tells something about; the tags of
// instances it does not.
func holds(c proxy.Call, conditions map[string]map[string][]string) bool {
	for _, keys := range conditions {
		for key, values := range keys {
			switch key {
			case "s3:if-none-match":
				if len(c.Header["If-None-Match"]) == 0 {
					return false
				}
			case "aws:TagKeys":
				form, _ := url.ParseQuery(string(c.Request))
				for name, set := range form {
					if strings.HasSuffix(name, ".Key") && !slices.Contains(values, set[0]) {
						return false
					}
				}
			}
		}
	}
	return true
}

// pushing is what ECR asks of whom the registry's token was given to.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
var pushing = map[string]string{
	"Ping": "ecr:GetAuthorizationToken", "HeadBlob": "ecr:BatchCheckLayerAvailability", "GetBlob": "ecr:GetDownloadUrlForLayer",
	"StartUpload": "ecr:InitiateLayerUpload", "PatchUpload": "ecr:UploadLayerPart", "PutUpload": "ecr:CompleteLayerUpload",
	"HeadManifest": "ecr:BatchGetImage", "GetManifest": "ecr:BatchGetImage", "PutManifest": "ecr:PutImage",
}

// actions are the IAM actions of a call.
func actions(c proxy.Call) []string {
	service := c.Service
	if service == "registry" {
		return []string{pushing[c.Name]}
	}
	if service == "monitoring" {
		service = "cloudwatch"
	}
	for _, o := range own.Operations() {
		if o.Service == service && o.Name == c.Name {
			return slices.DeleteFunc(o.Actions, func(action string) bool { // asked for only with this
				return action == "codedeploy:UpdateDeploymentGroup" && c.Name == "CreateDeployment" && !strings.Contains(string(c.Request), "overrideAlarm")
			})
		}
	}
	switch name := c.Name; {
	case service == "s3" && name == "HeadObject":
		return []string{"s3:GetObject"}
	case service == "s3" && strings.HasPrefix(name, "ListObjects"):
		return []string{"s3:ListBucket"}
	}
	return []string{service + ":" + c.Name}
}

// resources are the ARNs that a call is about, as far as it tells; "" else.
func (p policy) resources(c proxy.Call, action string) []string {
	here := ":us-east-1:" + p.account + ":"
	var in struct {
		RepositoryName, ApplicationName, DeploymentGroupName, CurrentDeploymentGroupName, DocumentName, Path string
		Names, InstanceIds                                                                                   []string
	}
	_ = json.Unmarshal(c.Request, &in) // of other protocols there is nothing in it
	form, _ := url.ParseQuery(string(c.Request))
	switch c.Service {
	case "s3":
		if c.Key != "" {
			return []string{"arn:aws:s3:::" + c.Bucket + "/" + c.Key}
		}
		return []string{"arn:aws:s3:::" + c.Bucket}
	case "ecr":
		if in.RepositoryName != "" {
			return []string{"arn:aws:ecr" + here + "repository/" + in.RepositoryName}
		}
	case "codedeploy":
		switch group := in.DeploymentGroupName; {
		case action == "codedeploy:GetDeploymentConfig":
			return []string{"arn:aws:codedeploy" + here + "deploymentconfig:CodeDeployDefault.OneAtATime"}
		case group != "":
			return []string{"arn:aws:codedeploy" + here + "deploymentgroup:" + in.ApplicationName + "/" + group}
		case in.ApplicationName != "":
			return []string{"arn:aws:codedeploy" + here + "application:" + in.ApplicationName}
		}
	case "ssm":
		return ssmResources(here, in.DocumentName, in.Path, in.Names, in.InstanceIds)
	case "autoscaling":
		if group := form.Get("AutoScalingGroupName"); group != "" {
			return []string{"arn:aws:autoscaling" + here + "autoScalingGroup:x:autoScalingGroupName/" + group}
		}
	case "sns":
		if arn := form.Get("TopicArn"); arn != "" {
			return []string{arn}
		}
	}
	return []string{""}
}

func ssmResources(here, document, path string, names, instances []string) []string {
	var all []string
	if document != "" {
		all = append(all, "arn:aws:ssm:us-east-1::document/"+document)
	}
	for _, id := range instances {
		all = append(all, "arn:aws:ec2"+here+"instance/"+id)
	}
	for _, name := range append(names, path) {
		switch {
		case strings.HasPrefix(name, "/aws/service/"):
			all = append(all, "arn:aws:ssm:us-east-1::parameter"+name)
		case name != "":
			all = append(all, "arn:aws:ssm"+here+"parameter"+name)
		}
	}
	if len(all) == 0 {
		return []string{""}
	}
	return all
}

// The role of pull requests may all that a plan does, also where the state was
// lost, and hardly more.
func TestPlanRole(t *testing.T) {
	t.Parallel()
	p := applied(t, repository)
	role := p.policyOf("keyedin-production-github-plan")
	p.Clear()
	p.must("plan")
	p.must("plan", "--destroy")
	p.run("ci", "github")
	record := p.Record()
	if _, err := p.s3().DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(privateBucket), Key: aws.String(stateKey)}); err != nil {
		t.Fatal(err)
	}
	p.Clear()
	p.must("plan")
	record = append(record, p.Record()...)
	if len(record) < 100 || len(record.Mutating()) > 0 {
		t.Fatalf("the plans took %d calls: %v", len(record), record.Mutating().Count())
	}
	if refused := role.refused(record); len(refused) > 0 {
		t.Errorf("a plan is refused:\n%s", strings.Join(refused, "\n"))
	}
	if unused := role.unused(record); len(unused) > 0 {
		t.Errorf("no plan needs %v", unused)
	}
}

// The evaluator itself refuses.
func TestPlanRoleRefuses(t *testing.T) {
	t.Parallel()
	p := applied(t, repository)
	role := p.policyOf("keyedin-production-github-plan")
	p.Clear()
	p.must("env", "set", "A=1")
	p.must("env", "get", "A")
	refused := strings.Join(role.refused(p.Record()), "\n")
	for _, want := range []string{"ssm:PutParameter", "ssm:GetParameter ", "ssm:GetParametersByPath arn:aws:ssm:us-east-1:" + p.Account + ":parameter/keyedin/production"} {
		if !strings.Contains(refused+"\n", want) {
			t.Errorf("%q is not refused, of:\n%s", want, refused)
		}
	}
}
