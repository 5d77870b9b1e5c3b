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
	TagStatus   string `json:"tagStatus"`
	CountType   string `json:"countType"`
	CountUnit   string `json:"countUnit,omitempty"`
	CountNumber int    `json:"countNumber"`
}

type ecrAction struct {
	Type string `json:"type"`
}

// lifecyclePolicy keeps the newest images. A rule for images with any tag has
// to come last.
func lifecyclePolicy(keep int) string {
	raw, err := json.Marshal(ecrPolicy{[]ecrRule{
		{1, "images without a tag go after 7 days", ecrSelection{"untagged", "sinceImagePushed", "days", 7}, ecrAction{"expire"}},
		{2, "the newest images stay", ecrSelection{"any", "imageCountMoreThan", "", keep}, ecrAction{"expire"}},
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
	if err := json.Unmarshal([]byte(policy), &p); err != nil || len(p.Rules) != 2 {
		return otherPolicy
	}
	keep := p.Rules[1].Selection.CountNumber
	var is, ours any
	if json.Unmarshal([]byte(policy), &is) != nil || json.Unmarshal([]byte(lifecyclePolicy(keep)), &ours) != nil || !reflect.DeepEqual(is, ours) {
		return otherPolicy
	}
	return keep
}
