package aws

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// fetch asks for all keys at the same time. get returns nil for what is not
// there; the rest is in the order of the keys.
func fetch[K, T any](ctx context.Context, keys []K, get func(context.Context, K) (*T, error)) ([]T, error) {
	found := make([]*T, len(keys))
	group, ctx := errgroup.WithContext(ctx)
	for i, key := range keys {
		group.Go(func() (err error) {
			found[i], err = get(ctx, key)
			return unlessGone(err)
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	there := make([]T, 0, len(found))
	for _, f := range found {
		if f != nil {
			there = append(there, *f)
		}
	}
	return there, nil
}

// balancerNames are the names to look for: those that are wanted, and those of
// recorded ARNs, ".../NAME/ID", which after a renaming are not the same.
func balancerNames(s engine.Scope, kind string) []string {
	all := s.Names(kind)
	for _, k := range s.Of(kind) {
		if k.ID != "" {
			all = append(all, nameInARN(k.ID))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func nameInARN(arn string) string {
	parts := strings.Split(arn, "/")
	return parts[max(0, len(parts)-2)]
}

// label is the end of an ARN, as metrics write it: after ":" and the prefix.
func label(arn, prefix string) string {
	return strings.TrimPrefix(arn[strings.LastIndex(arn, ":")+1:], prefix)
}

// balancers are the load balancers of the wanted names, whoever's they are. A
// name that is not there fails the whole call, so each is asked for by itself.
func (c *Clients) balancers(ctx context.Context, s engine.Scope) ([]types.LoadBalancer, error) {
	return engine.Once(s, "load-balancers", func() ([]types.LoadBalancer, error) {
		names := balancerNames(s, LoadBalancer{}.Kind())
		return fetch(ctx, names, func(ctx context.Context, name string) (*types.LoadBalancer, error) {
			out, err := c.ELB.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Names: []string{name}})
			if err != nil || len(out.LoadBalancers) == 0 {
				return nil, err
			}
			return &out.LoadBalancers[0], nil
		})
	})
}

// tagsELB reads the tags of one object or of several: one that is gone fails
// the whole call, and then each is asked for by itself. What is gone has none.
func (c *Clients) tagsELB(ctx context.Context, arns ...string) (map[string]map[string]string, error) {
	var mu sync.Mutex
	all := map[string]map[string]string{}
	ask := func(ctx context.Context, arns []string) (*struct{}, error) {
		out, err := c.ELB.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: arns})
		if err != nil {
			return nil, err
		}
		mu.Lock()
		defer mu.Unlock()
		for _, d := range out.TagDescriptions {
			all[aws.ToString(d.ResourceArn)] = tagMap(d.Tags, func(t types.Tag) (*string, *string) { return t.Key, t.Value })
		}
		return nil, nil
	}
	const most = 20 // https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html
	_, err := fetch(ctx, slices.Collect(slices.Chunk(arns, most)), func(ctx context.Context, some []string) (*struct{}, error) {
		_, err := ask(ctx, some)
		if len(some) == 1 || Classify(err) != engine.NotFound {
			return nil, err
		}
		_, err = fetch(ctx, slices.Collect(slices.Chunk(some, 1)), ask)
		return nil, err
	})
	return all, err
}

// tagELB is the Tag of all kinds of Elastic Load Balancing.
func (c *Clients) tagELB(ctx context.Context, arn string, set map[string]string, unset []string) error {
	if len(set) > 0 {
		if _, err := c.ELB.AddTags(ctx, &elb.AddTagsInput{ResourceArns: []string{arn}, Tags: toELB(set)}); err != nil {
			return err
		}
	}
	if len(unset) == 0 {
		return nil
	}
	_, err := c.ELB.RemoveTags(ctx, &elb.RemoveTagsInput{ResourceArns: []string{arn}, TagKeys: unset})
	return err
}

func toELB(tags map[string]string) []types.Tag {
	return tagList(tags, func(k, v *string) types.Tag { return types.Tag{Key: k, Value: v} })
}
