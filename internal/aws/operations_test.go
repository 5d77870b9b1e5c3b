package aws

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// prefixes are the IAM prefixes of the SDK's service packages, where they
// differ from the package's name.
var prefixes = map[string]string{
	"cloudwatchlogs": "logs", "elasticloadbalancingv2": "elasticloadbalancing", "resourcegroupstaggingapi": "tag",
	"ec2instanceconnect": "ec2-instance-connect",
}

// clientFields are the fields of Clients with the package each is of.
var clientFields = map[string]string{
	"ACM": "acm", "AutoScaling": "autoscaling", "CloudWatch": "cloudwatch", "CodeDeploy": "codedeploy", "Connect": "ec2instanceconnect", "EC2": "ec2", "ECR": "ecr",
	"ELB": "elasticloadbalancingv2", "IAM": "iam", "Logs": "cloudwatchlogs", "Quotas": "servicequotas", "RDS": "rds", "Route53": "route53",
	"S3": "s3", "Secrets": "secretsmanager", "SNS": "sns", "SSM": "ssm", "STS": "sts", "Tagging": "resourcegroupstaggingapi", "Trail": "cloudtrail",
}

// TestOperationsAreAllThatIsCalled holds the list against the source: a call on
// a client, an input that is made for one, a paginator.
func TestOperationsAreAllThatIsCalled(t *testing.T) {
	called := map[string]bool{}
	for _, dir := range []string{".", "../session", "../release", "../deploy", "../image"} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if strings.HasSuffix(entry.Name(), ".go") && !strings.HasSuffix(entry.Name(), "_test.go") {
				collect(t, filepath.Join(dir, entry.Name()), called)
			}
		}
	}
	var listed []string
	for _, o := range Operations() {
		listed = append(listed, o.Service+":"+o.Name)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(called)), listed); diff != "" {
		t.Errorf("the calls of the packages (-) and the list in operationlist.go (+) differ; make the list so:\n%s", diff)
	}
}

func collect(t *testing.T, name string, called map[string]bool) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	services := map[string]string{} // the name in the file → the SDK's package
	for _, i := range file.Imports {
		full, err := strconv.Unquote(i.Path.Value)
		if err != nil || !strings.Contains(full, "/aws-sdk-go-v2/service/") || path.Base(full) == "types" {
			continue
		}
		as := path.Base(full)
		if i.Name != nil {
			as = i.Name.Name
		}
		services[as] = path.Base(full)
	}
	note := func(service, operation string) {
		if prefix, ok := prefixes[service]; ok {
			service = prefix
		}
		called[service+":"+operation] = true
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			if service, typ := qualified(n.Type, services); strings.HasSuffix(typ, "Input") {
				note(service, strings.TrimSuffix(typ, "Input"))
			}
		case *ast.CallExpr:
			service, function := qualified(n.Fun, services)
			operation, isPaginator := strings.CutSuffix(strings.TrimPrefix(function, "New"), "Paginator")
			if isPaginator {
				note(service, operation)
			}
			if strings.HasSuffix(function, "Waiter") {
				t.Errorf("%s waits with %s: waiting is the engine's", name, function)
			}
			method, ok := n.Fun.(*ast.SelectorExpr)
			if !ok || method.Sel.Name == "Options" {
				return true
			}
			if client, ok := method.X.(*ast.SelectorExpr); ok && clientFields[client.Sel.Name] != "" {
				note(clientFields[client.Sel.Name], method.Sel.Name)
			}
		}
		return true
	})
}

// qualified splits pkg.Name when pkg is one of the services.
func qualified(e ast.Expr, services map[string]string) (service, name string) {
	selector, ok := e.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	if x, ok := selector.X.(*ast.Ident); ok && services[x.Name] != "" {
		return services[x.Name], selector.Sel.Name
	}
	return "", ""
}

// TestOperationsIsSorted keeps the list one a person finds things in.
func TestOperationsIsSorted(t *testing.T) {
	all := Operations()
	if !slices.IsSortedFunc(all, func(a, b Operation) int {
		return strings.Compare(a.Service+":"+a.Name, b.Service+":"+b.Name)
	}) {
		t.Error("operations are not in order")
	}
	for _, o := range all {
		for _, action := range o.Actions {
			if service, name, ok := strings.Cut(action, ":"); !ok || service == "" || name == "" {
				t.Errorf("%s:%s takes %q, which is no IAM action", o.Service, o.Name, action)
			}
		}
	}
}

func TestActionsOfACall(t *testing.T) {
	for _, c := range []struct {
		service, operation string
		want               []string
	}{
		{"EC2", "DescribeVpcs", []string{"ec2:DescribeVpcs"}},
		{"S3", "GetBucketCors", []string{"s3:GetBucketCORS"}},
		{"S3", "DeleteBucketLifecycle", []string{"s3:PutLifecycleConfiguration"}},
		{"Auto Scaling", "NeverHeardOf", []string{"autoscaling:NeverHeardOf"}},
	} {
		if diff := cmp.Diff(c.want, actionsOf(c.service, c.operation)); diff != "" {
			t.Errorf("%s %s: %s", c.service, c.operation, diff)
		}
	}
}
