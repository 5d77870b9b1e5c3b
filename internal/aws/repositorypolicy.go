package aws

import (
	"encoding/json"
	"reflect"
	"slices"
)

// The lifecycle policy of a repository.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
type ecrPolicy struct {
	Rules []ecrRule `json:"rules"`
}

type ecrRule struct {
	Priority    int          `json:"rulePriority"`
	Description string       `json:"description"`
	Selection   ecrSelection `json:"selection"`
	Action      ecrAction    `json:"action"`
}

type ecrSelection struct {
	TagStatus   string   `json:"tagStatus"`
	Prefixes    []string `json:"tagPrefixList,omitempty"`
	CountType   string   `json:"countType"`
	CountUnit   string   `json:"countUnit,omitempty"`
	CountNumber int      `json:"countNumber"`
}

type ecrAction struct {
	Type string `json:"type"`
}

// DeployedTag begins the tags of images that were deployed.
const DeployedTag = "deployed-"

// lifecyclePolicy keeps the newest images, and the newest of those that were
// deployed: no rule takes an image that an earlier one is for. They count by when
// they were pushed, which another tag does not change. A rule for images with any
// tag has to come last.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
func lifecyclePolicy(keep, deployed int) string {
	expire := ecrAction{"expire"}
	rules := []ecrRule{
		{1, "images without a tag go after 7 days", ecrSelection{"untagged", nil, "sinceImagePushed", "days", 7}, expire},
		{2, "the newest images stay", ecrSelection{"any", nil, "imageCountMoreThan", "", keep}, expire},
	}
	if deployed > 0 {
		first := ecrRule{0, "the newest deployed images stay", ecrSelection{"tagged", []string{DeployedTag}, "imageCountMoreThan", "", deployed}, expire}
		rules = slices.Insert(rules, 0, first)
	}
	for i := range rules {
		rules[i].Priority = i + 1
	}
	raw, err := json.Marshal(ecrPolicy{rules})
	if err != nil {
		panic(err) // plain data
	}
	return string(raw)
}

// keptBy are the numbers of images that a policy of ours keeps, however ECR
// writes it, or otherPolicy.
func keptBy(policy string) (keep, deployed int) {
	var p ecrPolicy
	if err := json.Unmarshal([]byte(policy), &p); err != nil || len(p.Rules) < 2 {
		return otherPolicy, 0
	}
	keep = p.Rules[len(p.Rules)-1].Selection.CountNumber
	if len(p.Rules) > 2 {
		deployed = p.Rules[0].Selection.CountNumber
	}
	var is, ours any
	if json.Unmarshal([]byte(policy), &is) != nil || json.Unmarshal([]byte(lifecyclePolicy(keep, deployed)), &ours) != nil || !reflect.DeepEqual(is, ours) {
		return otherPolicy, 0
	}
	return keep, deployed
}
