package aws

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// ours is the filter that finds the environment's objects in an EC2 listing.
func ours(s engine.Scope) []types.Filter {
	return []types.Filter{
		{Name: aws.String("tag:" + engine.TagProject), Values: []string{s.Project}},
		{Name: aws.String("tag:" + engine.TagEnvironment), Values: []string{s.Environment}},
	}
}

// isOurs reports whether tags say that an object belongs to the environment.
func isOurs(s engine.Scope, tags map[string]string) bool {
	return tags[engine.TagProject] == s.Project && tags[engine.TagEnvironment] == s.Environment
}

// tagged puts the identity's tags into an EC2 create call.
func tagged(id engine.Identity, resources ...types.ResourceType) []types.TagSpecification {
	var specs []types.TagSpecification
	for _, r := range resources {
		specs = append(specs, types.TagSpecification{ResourceType: r, Tags: toEC2(id.Tags)})
	}
	return specs
}

// tagList turns tags into a service's own tag type, in the order of the keys.
func tagList[T any](tags map[string]string, tag func(key, value *string) T) []T {
	list := make([]T, 0, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, tag(aws.String(key), aws.String(tags[key])))
	}
	return list
}

// tagMap is the way back; it is never nil, as nil would mean "not read".
func tagMap[T any](list []T, tag func(T) (key, value *string)) map[string]string {
	tags := make(map[string]string, len(list))
	for _, t := range list {
		key, value := tag(t)
		tags[aws.ToString(key)] = aws.ToString(value)
	}
	return tags
}

func toEC2(tags map[string]string) []types.Tag {
	return tagList(tags, func(k, v *string) types.Tag { return types.Tag{Key: k, Value: v} })
}

func fromEC2(list []types.Tag) map[string]string {
	return tagMap(list, func(t types.Tag) (*string, *string) { return t.Key, t.Value })
}

// ec2Kind is a driver of one of EC2's kinds: their tags are all set alike.
type ec2Kind struct{ *Clients }

// Tag implements engine.Tagger.
func (d ec2Kind) Tag(ctx context.Context, id string, set map[string]string, unset []string) error {
	return d.tagEC2(ctx, id, set, unset)
}

func (c *Clients) tagEC2(ctx context.Context, id string, set map[string]string, unset []string) error {
	if len(set) > 0 {
		if _, err := c.EC2.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{id}, Tags: toEC2(set)}); err != nil {
			return err
		}
	}
	if len(unset) == 0 {
		return nil
	}
	var gone []types.Tag
	for _, key := range unset {
		gone = append(gone, types.Tag{Key: aws.String(key)})
	}
	_, err := c.EC2.DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: []string{id}, Tags: gone})
	return err
}

// once switches the SDK's own retry off for an EC2 create that carries neither
// a name nor a token: a lost answer must be followed by a read.
func once(o *ec2.Options) { o.Retryer = aws.NopRetryer{} }
