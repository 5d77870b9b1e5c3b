package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// arnOf makes the ARN of something in this account and region, for services
// that want one and never tell it.
func (c *Clients) arnOf(ctx context.Context, service, resource string) (string, error) {
	account, partition, _, err := c.identity(ctx, "")
	if err != nil {
		return "", err
	}
	return arn.ARN{Partition: partition, Service: service, Region: c.Config.Region, AccountID: account, Resource: resource}.String(), nil
}

// claimCodeDeploy fills in whose an object is, where the state does not know.
func claimCodeDeploy[S engine.Spec](ctx context.Context, c *Clients, scope engine.Scope, live *engine.Live[S], resource string) error {
	if isRecorded(scope, live.Spec.Kind(), live.ID) {
		return nil
	}
	name, err := c.arnOf(ctx, "codedeploy", resource)
	if err != nil {
		return err
	}
	var tags []types.Tag
	var more *string
	for {
		out, err := c.CodeDeploy.ListTagsForResource(ctx, &codedeploy.ListTagsForResourceInput{ResourceArn: aws.String(name), NextToken: more})
		if err != nil {
			return err
		}
		tags = append(tags, out.Tags...)
		if more = out.NextToken; aws.ToString(more) == "" {
			break
		}
	}
	belongs(scope, live, tagMap(tags, func(t types.Tag) (*string, *string) { return t.Key, t.Value }))
	return nil
}

func (c *Clients) tagCodeDeploy(ctx context.Context, resource string, set map[string]string, unset []string) error {
	name, err := c.arnOf(ctx, "codedeploy", resource)
	if err != nil {
		return err
	}
	if len(set) > 0 {
		if _, err := c.CodeDeploy.TagResource(ctx, &codedeploy.TagResourceInput{ResourceArn: aws.String(name), Tags: toCodeDeploy(set)}); err != nil {
			return err
		}
	}
	if len(unset) == 0 {
		return nil
	}
	_, err = c.CodeDeploy.UntagResource(ctx, &codedeploy.UntagResourceInput{ResourceArn: aws.String(name), TagKeys: unset})
	return err
}

func toCodeDeploy(tags map[string]string) []types.Tag {
	return tagList(tags, func(k, v *string) types.Tag { return types.Tag{Key: k, Value: v} })
}
