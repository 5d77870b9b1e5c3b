package main

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
)

// lifecycle is the policy of a repository, as far as ours go.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
type lifecycle struct{ Rules []lifecycleRule }

type lifecycleRule struct {
	RulePriority int
	Selection    struct {
		TagStatus, CountType, CountUnit string
		TagPrefixList, TagPatternList   []string
		CountNumber                     int
	}
	Action struct{ Type string }
}

// storedImage is an image as the evaluator of policies sees it.
type storedImage struct {
	digest string
	tags   []string
	days   int    // since it was pushed, which another tag does not change
	in     string // the index that refers to it
}

// lifecycleOf reads the policy of a repository.
func (p *place) lifecycleOf(repository string) lifecycle {
	p.t.Helper()
	out, err := ecr.NewFromConfig(p.Config()).GetLifecyclePolicy(p.t.Context(), &ecr.GetLifecyclePolicyInput{RepositoryName: aws.String(repository)})
	if err != nil {
		p.t.Fatal(err)
	}
	var l lifecycle
	if err := json.Unmarshal([]byte(aws.ToString(out.LifecyclePolicyText)), &l); err != nil {
		p.t.Fatal(err)
	}
	if err := l.valid(); err != nil {
		p.t.Fatalf("the policy of %s: %v", repository, err)
	}
	return l
}

// valid holds a policy to what ECR asks of one.
func (l lifecycle) valid() error {
	slices.SortFunc(l.Rules, func(a, b lifecycleRule) int { return a.RulePriority - b.RulePriority })
	for i, r := range l.Rules {
		s, lists := r.Selection, len(r.Selection.TagPrefixList)+len(r.Selection.TagPatternList)
		switch {
		case r.RulePriority < 1 || i > 0 && r.RulePriority == l.Rules[i-1].RulePriority:
			return fmt.Errorf("priority %d is there twice, or is none", r.RulePriority)
		case s.TagStatus == "any" && i < len(l.Rules)-1:
			return fmt.Errorf("a rule for any image is not the last one")
		case (s.TagStatus == "tagged") != (lists > 0) || len(s.TagPrefixList) > 0 && len(s.TagPatternList) > 0:
			return fmt.Errorf("rule %d is for %s images, with %d tags", r.RulePriority, s.TagStatus, lists)
		case s.CountNumber < 1 || (s.CountType == "sinceImagePushed") != (s.CountUnit == "days"):
			return fmt.Errorf("rule %d counts %d %s %s", r.RulePriority, s.CountNumber, s.CountType, s.CountUnit)
		}
	}
	return nil
}

// selects tells whether an image has the tags that a rule is for: one for each of
// its prefixes.
func (r lifecycleRule) selects(i storedImage) bool {
	switch r.Selection.TagStatus {
	case "any":
		return true
	case "untagged":
		return len(i.tags) == 0
	}
	fits := func(match func(tag string) bool) bool { return slices.ContainsFunc(i.tags, match) }
	for _, prefix := range r.Selection.TagPrefixList {
		if !fits(func(tag string) bool { return strings.HasPrefix(tag, prefix) }) {
			return false
		}
	}
	for _, pattern := range r.Selection.TagPatternList {
		if !fits(func(tag string) bool { ok, _ := path.Match(pattern, tag); return ok }) {
			return false
		}
	}
	return true
}

// expires are the digests of the images that a policy takes, of images the oldest
// first. All rules look at all images; then they are applied by priority: a rule
// takes none that an earlier one selects, and none while an index refers to it.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
func (l lifecycle) expires(images []storedImage) []string {
	var gone []string
	earlier := map[string]bool{}
	for _, r := range l.Rules {
		newer := 0
		for _, i := range slices.Backward(images) {
			if !r.selects(i) {
				continue
			}
			newer++
			old := newer > r.Selection.CountNumber
			if r.Selection.CountType == "sinceImagePushed" {
				old = i.days > r.Selection.CountNumber
			}
			if old && !earlier[i.digest] && i.in == "" {
				gone = append(gone, i.digest)
			}
			earlier[i.digest] = true
		}
	}
	return gone
}

// unmarked are images without the tags of deployments.
func unmarked(images []storedImage) []storedImage {
	var all []storedImage
	for _, i := range images {
		i.tags = slices.DeleteFunc(slices.Clone(i.tags), isMark)
		all = append(all, i)
	}
	return all
}

func isMark(tag string) bool { return strings.HasPrefix(tag, "deployed-") }

// marks are the tags of deployments that an image has.
func (p *place) marks(repository, digest string) []string {
	p.t.Helper()
	return slices.DeleteFunc(p.inECR(repository)[digest], func(tag string) bool { return !isMark(tag) })
}

// The evaluator does what AWS's own does in the cases that its documentation
// tells.
func TestLifecycle(t *testing.T) {
	t.Parallel()
	policy := func(text string) lifecycle {
		var l lifecycle
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatal(err)
		}
		return l
	}
	two := policy(`{"rules":[
		{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPrefixList":["prod"],"countType":"imageCountMoreThan","countNumber":1}},
		{"rulePriority":2,"selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":7}},
		{"rulePriority":3,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1}}]}`)
	if err := two.valid(); err != nil {
		t.Error(err)
	}
	images := []storedImage{
		{"a", []string{"prod-1"}, 9, ""}, {"b", []string{"beta-1", "prod-2"}, 8, ""}, {"c", nil, 8, "index"}, {"d", nil, 8, ""},
		{"e", nil, 1, ""}, {"f", []string{"beta-2"}, 1, ""}, {"g", []string{"beta-3"}, 0, ""},
	}
	// b is kept by the first rule and e by the second, so the last one takes neither.
	if got := two.expires(images); !slices.Equal(got, []string{"a", "d", "f"}) {
		t.Errorf("it takes %v", got)
	}
	for _, bad := range []string{
		`{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1}},{"rulePriority":2,"selection":{"tagStatus":"untagged","countType":"imageCountMoreThan","countNumber":1}}]}`,
		`{"rules":[{"rulePriority":1,"selection":{"tagStatus":"tagged","countType":"imageCountMoreThan","countNumber":1}}]}`,
	} {
		if policy(bad).valid() == nil {
			t.Errorf("it is valid: %s", bad)
		}
	}
}
