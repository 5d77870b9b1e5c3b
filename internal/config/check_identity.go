package config

import (
	"fmt"
	"strings"
)

// identity checks what the environment is called and where it lives.
func (k *checker) identity() {
	if k.text("name", "name", k.Name) {
		k.name()
	}
	k.text("environment", "environment", k.Environment)
	if !k.rules["region"].accepts(k.Region) {
		hint := didYouMean(nearest(k.Region, regions()))
		if hint == "" {
			hint = "such as us-east-1; all of them: aws account list-regions"
		}
		k.fault("region", fmt.Sprintf("region must be an AWS region, not %s", quote(k.Region)), hint)
	}
	k.text("profile", "profile", k.Profile)
	k.text("account", "account", k.Account)
	k.domain()
	k.text("monitoring", "monitoring", k.Monitoring)
}

// name refuses the beginnings that AWS keeps for itself.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
func (k *checker) name() {
	for prefix, owner := range map[string]string{"aws": "SSM parameters", "ssm": "SSM parameters", "sg-": "security groups"} {
		if strings.HasPrefix(k.Name+"-", prefix) {
			k.fault("name", fmt.Sprintf("name can't begin with %q: AWS keeps that for itself in the names of %s", prefix, owner), "put a word before it, such as my-"+k.Name)
		}
	}
}

func (k *checker) domain() {
	if !k.text("domain", "domain", k.Domain) {
		return
	}
	if rest, ok := strings.CutPrefix(k.Domain, "www."); ok {
		k.fault("domain", "domain must be the apex: www is added to it", didYouMean(rest))
	}
	for _, label := range strings.Split(k.Domain, ".") {
		// https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html
		if len(label) > 3 && label[2:4] == "--" && !strings.HasPrefix(label, "xn--") {
			k.fault("domain", fmt.Sprintf("domain has the label %q: only Punycode (xn--) may have hyphens in the third and fourth place", label), "")
		}
	}
}

// regions are the AWS regions of today, to propose one for a slip of the pen; a
// newer one is accepted by its form.
func regions() []string {
	return strings.Fields(`us-east-1 us-east-2 us-west-1 us-west-2 af-south-1 ap-east-1 ap-east-2
		ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2
		ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1
		eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3
		il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-gov-east-1 us-gov-west-1
		cn-north-1 cn-northwest-1 eusc-de-east-1`)
}
