package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
)

// deployedTags are the tags in a repository that mark what was deployed.
func (p *place) deployedTags(repository string) []string {
	p.t.Helper()
	var all []string
	for _, tags := range p.inECR(repository) {
		for _, tag := range tags {
			if strings.HasPrefix(tag, "deployed-") {
				all = append(all, tag)
			}
		}
	}
	return all
}

// expiry is a rule of a lifecycle policy.
type expiry struct {
	RulePriority int
	Selection    struct {
		TagStatus, CountType string
		TagPrefixList        []string
		CountNumber          int
	}
}

// takes reports whether an image is of the rule.
func (e expiry) takes(image types.ImageDetail) bool {
	switch e.Selection.TagStatus {
	case "untagged":
		return len(image.ImageTags) == 0
	case "tagged":
		return slices.ContainsFunc(image.ImageTags, func(tag string) bool {
			return slices.ContainsFunc(e.Selection.TagPrefixList, func(prefix string) bool { return strings.HasPrefix(tag, prefix) })
		})
	}
	return true
}

// expiring are the digests that the lifecycle policy of a repository would take
// at a time, by the rules that AWS documents: each rule in its order marks the
// oldest beyond its count, or those of an age; an image that is of an earlier
// rule is not taken by a later one.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
func (p *place) expiring(repository string, at time.Time) map[string]bool {
	p.t.Helper()
	client := ecr.NewFromConfig(p.Config())
	policy := must(client.GetLifecyclePolicy(p.t.Context(), &ecr.GetLifecyclePolicyInput{RepositoryName: aws.String(repository)}))
	var text struct{ Rules []expiry }
	if err := json.Unmarshal([]byte(aws.ToString(policy.LifecyclePolicyText)), &text); err != nil {
		p.t.Fatal(err)
	}
	var images []types.ImageDetail
	pages := ecr.NewDescribeImagesPaginator(client, &ecr.DescribeImagesInput{RepositoryName: aws.String(repository)})
	for pages.HasMorePages() {
		images = append(images, must(pages.NextPage(p.t.Context())).ImageDetails...)
	}
	slices.SortStableFunc(images, func(a, b types.ImageDetail) int { return b.ImagePushedAt.Compare(*a.ImagePushedAt) })
	slices.SortFunc(text.Rules, func(a, b expiry) int { return cmp.Compare(a.RulePriority, b.RulePriority) })
	ruled, gone := map[string]bool{}, map[string]bool{}
	for _, rule := range text.Rules {
		count := 0
		for _, image := range images {
			if !rule.takes(image) {
				continue
			}
			count++
			digest, most := aws.ToString(image.ImageDigest), rule.Selection.CountNumber
			beyond := count > most
			if rule.Selection.CountType == "sinceImagePushed" {
				beyond = at.Sub(*image.ImagePushedAt) > time.Duration(most)*24*time.Hour
			}
			gone[digest] = gone[digest] || beyond && !ruled[digest]
			ruled[digest] = true
		}
	}
	return gone
}

// TestDeployedImagesStay pushes more images after a deployment than a repository
// keeps: what was deployed is still there for the next instance.
func TestDeployedImagesStay(t *testing.T) {
	t.Parallel()
	p := applied(t)
	p.released("1.0", "2.0")
	p.must("deploy", "1.0", "--yes", "--no-before")
	images := p.inECR("keyedin/backend")
	for n := range 60 {
		p.pushed("keyedin/backend", fmt.Sprintf("commit-%d", n))
	}
	expiring := p.expiring("keyedin/backend", time.Now().AddDate(0, 1, 0))
	for digest, tags := range images {
		deployed := slices.Contains(p.inECR("keyedin/backend")[digest], "deployed-production-"+digest[len("sha256:"):][:16])
		if was := slices.Contains(tags, "1.0"); deployed != was || expiring[digest] == was {
			t.Errorf("the image of %v is marked: %v, would go: %v", tags, deployed, expiring[digest])
		}
	}
	// Deployed once more, it has its mark already.
	p.must("deploy", "1.0", "--yes", "--no-before", "--force")
	if tags := p.deployedTags("keyedin/nginx"); len(tags) != 1 {
		t.Errorf("nginx has %v", tags)
	}
	p.must("release", "list").prints(t, "1.0", "2.0")
	p.settled()
	p.Violations(t)
}

// TestDeployWithoutMark goes on where the images may not be marked, and says so.
func TestDeployWithoutMark(t *testing.T) {
	t.Parallel()
	p := applied(t)
	p.released("1.0")
	p.Add(proxy.Rule{Operation: "ecr:PutImage", Error: proxy.Denied("arn:aws:iam::123456789012:user/ops", "ecr:PutImage")})
	p.must("deploy", "1.0", "--yes", "--no-before").says(t, 0, "could not be marked as deployed", "ecr:PutImage")
	p.runs("1.0")
	p.Calm()
	// An answer that is lost counts as given.
	p.Add(proxy.Rule{Operation: "ecr:PutImage", Lost: true, Times: 2})
	if r := p.must("deploy", "1.0", "--yes", "--no-before", "--force"); strings.Contains(r.err, "marked") || len(p.deployedTags("keyedin/backend")) != 1 {
		t.Errorf("after a lost answer: %v, %s", p.deployedTags("keyedin/backend"), r.err)
	}
}
