package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
	"github.com/keyedin-app/keyedin-infra/internal/state"
)

// TestDeployedExpireNever has a team push an image a commit: what is deployed and
// what can be gone back to stay, and would not without their marks.
func TestDeployedExpireNever(t *testing.T) {
	t.Parallel()
	p := deploysOf(t, nil, "1.0", "1.1", "1.2")
	p.Add(proxy.Rule{Operation: "ecr:PutImage", Lost: true, Times: 2}) // an answer that is lost is asked for again
	if r := p.must("deploy", "1.1", "--yes", "--no-before"); strings.Contains(r.err, "marked") {
		t.Errorf("a lost answer is told:\n%s", r.err)
	}
	p.must("rollback", "--yes")
	var order []string
	for _, version := range []string{"1.0", "1.1", "1.2"} {
		order = append(order, p.release(version)["keyedin/backend"])
	}
	for n := range 60 {
		order = append(order, p.pushed("keyedin/backend", fmt.Sprintf("commit-%d", n)))
	}
	tags := p.inECR("keyedin/backend")
	var images []storedImage
	for i, digest := range order {
		images = append(images, storedImage{digest: digest, tags: tags[digest], days: (len(order) - i) / 3})
	}
	for _, digest := range order[:2] {
		if marks := p.marks("keyedin/backend", digest); len(marks) != 1 {
			t.Errorf("%s has the marks %v", digest, marks)
		}
	}
	policy := p.lifecycleOf("keyedin/backend")
	if gone := policy.expires(images); slices.Contains(gone, order[0]) || slices.Contains(gone, order[1]) || !slices.Contains(gone, order[2]) || len(gone) != 11 {
		t.Errorf("of what was deployed, or too little else, expires: %d are gone", len(gone))
	}
	if gone := policy.expires(unmarked(images)); !slices.Contains(gone, order[0]) || !slices.Contains(gone, order[1]) {
		t.Errorf("what is not marked stays: %v", gone)
	}
	p.settled()
	p.Violations(t)
}

// release is what a release has in each repository.
func (p *place) release(version string) map[string]string {
	p.t.Helper()
	images := map[string]string{}
	for _, i := range p.object(p.must("release", "show", version, "--json"))["images"].([]any) {
		i := i.(map[string]any)
		images[i["repository"].(string)] = i["digest"].(string)
	}
	return images
}

// An image that was pushed as one of several in an index stays without the index,
// and goes when its release is pruned, marked or not.
func TestMarkedInAnIndex(t *testing.T) {
	t.Parallel()
	p := sourced(t)
	p.Deploys(t, bench.Deploys{EventSeconds: brisk()})
	amd := built(t, "amd64")
	index := besideARM(t, amd)
	p.pushes("keyedin/backend:1.0", index)
	p.must("release", "create", "1.0", "--image", "nginx.tar")
	p.must("deploy", "1.0", "--yes", "--no-before")
	if marks := p.marks("keyedin/backend", digestOf(t, amd)); len(marks) != 1 || len(p.marks("keyedin/backend", digestOf(t, index))) != 0 {
		t.Errorf("the image has the marks %v, and the index %v", marks, p.marks("keyedin/backend", digestOf(t, index)))
	}
	policy, mark := p.lifecycleOf("keyedin/backend"), p.marks("keyedin/backend", digestOf(t, amd))
	images := []storedImage{{"index", []string{"1.0"}, 30, ""}, {"other", nil, 30, "index"}, {"image", mark, 30, "index"}}
	for n := range 60 {
		images = append(images, storedImage{fmt.Sprint(n), []string{fmt.Sprint(n)}, 9, ""})
	}
	gone := policy.expires(images)
	if !slices.Contains(gone, "index") || slices.Contains(gone, "image") || slices.Contains(gone, "other") {
		t.Errorf("with the index go %v", gone)
	}
	images = slices.DeleteFunc(images, func(i storedImage) bool { return slices.Contains(gone, i.digest) })
	for i := range images {
		images[i].in = ""
	}
	if gone = policy.expires(images); slices.Contains(gone, "image") || !slices.Contains(gone, "other") {
		t.Errorf("without the index go %v", gone)
	}

	for _, version := range []string{"1.1", "1.2"} {
		p.saves("backend.tar", "nginx.tar")
		p.must(creates(version)...)
		p.must("deploy", version, "--yes", "--no-before")
	}
	p.must("release", "prune", "--keep", "0", "--yes").prints(t, "Removed 1 release and 2 images; 2 releases left.")
	left := p.inECR("keyedin/backend")
	if left[digestOf(t, index)] != nil || left[digestOf(t, amd)] != nil {
		t.Errorf("left are %v", left)
	}
	p.Violations(t)
}

// TestMarkedOnce kills the client between the marks and the deployment: the same
// command goes on, and an image has one mark however often it is deployed.
func TestMarkedOnce(t *testing.T) {
	t.Parallel()
	p := deploysOf(t, nil, "1.0", "1.1")
	c := p.command("deploy", "1.1", "--yes", "--no-before")
	p.Add(proxy.Rule{Name: "kill", Operation: "codedeploy:CreateDeployment", Drop: true, Hook: func(proxy.Call) { _ = c.Process.Kill() }})
	p.finish(c)
	p.Calm()
	p.runs("1.0")
	for repository, digest := range p.release("1.1") {
		if marks := p.marks(repository, digest); len(marks) != 1 {
			t.Errorf("%s has the marks %v", repository, marks)
		}
	}
	before := p.inECR("keyedin/backend")
	for _, code := range []string{"ImageAlreadyExistsException", "ImageTagAlreadyExistsException"} { // AWS has both
		p.Add(proxy.Rule{Operation: "ecr:PutImage", Times: 1, Error: &proxy.Error{Code: code, Message: "It is there.", Status: 400}})
	}
	for _, args := range [][]string{{"deploy", "1.1", "--yes", "--no-before"}, {"rollback", "--yes"}} {
		if r := p.must(args...); strings.Contains(r.err, "marked") {
			t.Errorf("what is marked already is told:\n%s", r.err)
		}
	}
	p.runs("1.0")
	if after := p.inECR("keyedin/backend"); !maps.EqualFunc(before, after, slices.Equal[[]string]) {
		t.Errorf("the tags were %v and are %v", before, after)
	}
	p.tidy()
	p.Violations(t)
}

// TestMarkedLater brings an environment from before the marks up to date: the plan
// has the policy, and nobody is said to have edited it; what runs already is
// marked by deploying it again.
func TestMarkedLater(t *testing.T) {
	t.Parallel()
	p := applied(t)
	p.released("1.0")
	p.Add(proxy.Rule{Operation: "ecr:PutImage", Error: proxy.Denied("arn:aws:iam::123456789012:user/ci", "ecr:PutImage")})
	r := p.must("deploy", "1.0", "--yes", "--no-before")
	r.says(t, 0, "could not be marked as deployed", "ecr:PutImage", "keyedin deploy 1.0", "ci.github")
	p.must("deploy", "1.0", "--yes").says(t, 0, "could not be marked as deployed")
	p.Calm()
	p.must("deploy", "1.0", "--yes").prints(t, "already; nothing to do")
	for repository, digest := range p.release("1.0") {
		if marks := p.marks(repository, digest); len(marks) != 1 {
			t.Errorf("%s has the marks %v", repository, marks)
		}
		p.keptAsBefore(repository)
	}
	p.recordedAsBefore("repository")
	plan := p.must("plan")
	plan.prints(t, "keep-deployed: 0 → 100", "Plan: 0 to create, 2 to change, 0 to replace, 0 to delete.")
	if strings.Contains(plan.out, "in AWS)") || strings.Contains(plan.out, "keep: ") {
		t.Errorf("the plan says:\n%s", plan.out)
	}
	p.must("apply", "--yes")
	if got := p.lifecycleOf("keyedin/nginx"); len(got.Rules) != 3 {
		t.Errorf("the policy is %v", got)
	}
	p.settled()
	p.Violations(t)
}

// keptAsBefore gives a repository the policy of before the marks.
func (p *place) keptAsBefore(repository string) {
	p.t.Helper()
	if _, err := ecr.NewFromConfig(p.Config()).PutLifecyclePolicy(p.t.Context(), &ecr.PutLifecyclePolicyInput{
		RepositoryName: aws.String(repository), LifecyclePolicyText: aws.String(`{"rules":[` +
			`{"rulePriority":1,"description":"images without a tag go after 7 days","selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":7},"action":{"type":"expire"}},` +
			`{"rulePriority":2,"description":"the newest images stay","selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":50},"action":{"type":"expire"}}]}`),
	}); err != nil {
		p.t.Fatal(err)
	}
}

// recordedAsBefore takes out of the state what it had not before the marks.
func (p *place) recordedAsBefore(kind string) {
	p.t.Helper()
	s, err := state.Decode([]byte(p.stored()))
	if err != nil {
		p.t.Fatal(err)
	}
	for address, o := range s.Objects {
		if o.Kind == kind {
			before := strings.Replace(string(o.Document), `"keep-deployed":100,`, "", 1)
			if before == string(o.Document) {
				p.t.Errorf("%s has not what is taken out of it: %s", address, before)
			}
			o.Document = []byte(before)
			s.Objects[address] = o
		}
	}
	p.putState(must(state.Encode(s)))
}
