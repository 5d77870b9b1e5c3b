package aws

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// policy lets the account's own identities use the topic as far as their own
// policies allow, as SNS does by default, and the publishers publish for this
// account and no other.
// https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
func (s Topic) policy(topic string) Policy {
	p := Policy{Statements: engine.Set[Statement]{ownerOf(topic)}}
	if len(s.Publishers) > 0 {
		publish := publishing(topic)
		publish.Principal.Services = s.Publishers
		p.Statements = append(p.Statements, publish)
	}
	return p
}

// ownerOf is what SNS grants in each new topic, with the account in place of
// everybody under a condition.
func ownerOf(topic string) Statement {
	s := Allow([]string{
		"SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission",
		"SNS:DeleteTopic", "SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish",
	}, engine.Known(topic))
	s.SID = "Owner"
	name, _ := arn.Parse(topic) // made by AWS
	root := arn.ARN{Partition: name.Partition, Service: "iam", AccountID: name.AccountID, Resource: "root"}
	s.Principal.AWS = engine.Set[engine.Value[string]]{engine.Known(root.String())}
	return s
}

func publishing(topic string) Statement {
	s := Allow([]string{"SNS:Publish"}, engine.Known(topic))
	s.SID = "Publishers"
	name, _ := arn.Parse(topic) // made by AWS
	s.When = engine.Set[Condition]{{
		Operator: "StringEquals", Key: "aws:SourceAccount", Values: engine.Set[engine.Value[string]]{engine.Known(name.AccountID)},
	}}
	return s
}

// parsePolicy fills publishers and the other statements from the topic's
// policy. What only repeats that the account owns the topic says nothing.
func (s *Topic) parsePolicy(topic, document string) error {
	if document == "" {
		return nil
	}
	p, err := parsePolicy(document)
	if err != nil {
		return err
	}
	for _, statement := range p.Statements {
		plain := statement
		plain.Principal.Services = nil
		switch {
		case plain.key() == publishing(topic).key():
			s.Publishers = append(s.Publishers, statement.Principal.Services...)
		case !ownersAlone(topic, statement):
			s.Statements = append(s.Statements, statement.key())
		}
	}
	return nil
}

// ownersAlone reports whether a statement is about nobody but the owner: the
// account itself, or anyone as long as it is of the account, which is the
// statement SNS writes into each new topic.
func ownersAlone(topic string, s Statement) bool {
	name, _ := arn.Parse(topic) // made by AWS
	who := s.Principal
	if s.Deny || s.Other != "" || len(who.Services) > 0 {
		return false
	}
	if who.Anyone {
		return len(s.When) == 1 && strings.EqualFold(s.When[0].Key, "AWS:SourceOwner") &&
			s.When[0].Operator == "StringEquals" && slices.Equal(texted(s.When[0].Values), []string{name.AccountID})
	}
	return len(who.AWS) > 0 && !slices.ContainsFunc(texted(who.AWS), func(principal string) bool {
		parsed, err := arn.Parse(principal)
		return principal != name.AccountID && (err != nil || parsed.AccountID != name.AccountID || parsed.Resource != "root")
	})
}

func texted(values []engine.Value[string]) []string {
	texts := make([]string, 0, len(values))
	for _, v := range values {
		texts = append(texts, v.MustGet())
	}
	return texts
}
