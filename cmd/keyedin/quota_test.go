package main

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
)

// TestQuotas finds out before anything is made that an account has no room.
func TestQuotas(t *testing.T) {
	t.Parallel()
	p := arrive(t, with("min: 1 ", "min: 6 "), with("on-demand: 1 ", "on-demand: 6 "))
	client := ec2.NewFromConfig(p.Config())
	var vpc *string
	for range 4 { // a fresh account has one, and may have five
		out, err := client.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16")})
		if err != nil {
			t.Fatal(err)
		}
		vpc = out.Vpc.VpcId
	}
	before := p.World(t)
	r := p.run("apply", "--yes")
	r.says(t, 1, "nothing was changed")
	said := strings.Join(strings.Fields(r.out), " ")
	for _, words := range []string{
		`"VPCs per Region" is 5: 5 are in use, and this needs 1.`, "--service-code vpc --quota-code L-F678F1CE --region us-east-1 --desired-value 6",
		`"Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances" is 5: 0 are in use, and this needs 7.`,
	} {
		if !strings.Contains(said, words) {
			t.Errorf("it does not print %q:\n%s", words, r.out)
		}
	}
	after := p.World(t)
	delete(after, "bucket bucket/private") // it held the lock
	if d := cmp.Diff(before, after); d != "" {
		t.Errorf("something was made:\n%s", d)
	}
	if _, err := client.DeleteVpc(t.Context(), &ec2.DeleteVpcInput{VpcId: vpc}); err != nil {
		t.Fatal(err)
	}
	p.edit(with("min: 6 ", "min: 2 "), with("on-demand: 6 ", "on-demand: 1 "))
	p.must("apply", "--yes")

	// What AWS does not tell stops nothing.
	p.must(destroyed...)
	p.Add(proxy.Rule{Name: "denied", Operation: "servicequotas:*", Error: proxy.Denied("arn:aws:iam::123456789012:user/ci", "servicequotas:GetServiceQuota")})
	p.must("apply", "--yes")
	p.Violations(t)
}

var destroyed = []string{"destroy", "--yes", "--environment", "production", "--lift-protection"}
