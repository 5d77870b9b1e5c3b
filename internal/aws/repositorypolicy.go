package aws

import (
	"encoding/json"
	"reflect"
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

// DeployedTag begins the tags of images that were deployed, of which as many stay
// as of all.
const DeployedTag = "deployed-"

// lifecyclePolicy keeps the newest images. A rule for images with any tag has
// to come last. What was deployed is not counted away by what was only pushed
// since: no rule takes an image that is of a rule before it.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
func lifecyclePolicy(keep int) string {
	raw, err := json.Marshal(ecrPolicy{[]ecrRule{
		{1, "the newest deployed images stay", ecrSelection{"tagged", []string{DeployedTag}, "imageCountMoreThan", "", keep}, ecrAction{"expire"}},
		{2, "images without a tag go after 7 days", ecrSelection{"untagged", nil, "sinceImagePushed", "days", 7}, ecrAction{"expire"}},
		{3, "the newest images stay", ecrSelection{"any", nil, "imageCountMoreThan", "", keep}, ecrAction{"expire"}},
	}})
	if err != nil {
		panic(err) // plain data
	}
	return string(raw)
}

// keptBy is the number of images that a policy of ours keeps, however ECR
// writes it, or otherPolicy.
func keptBy(policy string) int {
	var p ecrPolicy
	if err := json.Unmarshal([]byte(policy), &p); err != nil || len(p.Rules) != 3 {
		return otherPolicy
	}
	keep := p.Rules[2].Selection.CountNumber
	var is, ours any
	if json.Unmarshal([]byte(policy), &is) != nil || json.Unmarshal([]byte(lifecyclePolicy(keep)), &ours) != nil || !reflect.DeepEqual(is, ours) {
		return otherPolicy
	}
	return keep
}
