package aws

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// topics drives Topic. Ids are ARNs.
type topics struct{ *Clients }

func (d topics) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[Topic], error) {
	arns, err := d.arns(ctx, scope)
	if err != nil {
		return nil, err
	}
	return each(ctx, arns, func(ctx context.Context, arn string) (*engine.Live[Topic], error) {
		return d.one(ctx, scope, arn)
	})
}

// arns are those of the state, and of the names it does not have.
func (d topics) arns(ctx context.Context, scope engine.Scope) ([]string, error) {
	var arns []string
	for _, k := range scope.Of(Topic{}.Kind()) {
		if k.ID != "" {
			arns = append(arns, k.ID)
		}
		name := k.Document.Name()
		if name == "" || strings.HasSuffix(k.ID, ":"+name) {
			continue
		}
		arn, err := d.arnOf(ctx, "sns", name)
		if err != nil {
			return nil, err
		}
		arns = append(arns, arn)
	}
	slices.Sort(arns)
	return slices.Compact(arns), nil
}

func (d topics) one(ctx context.Context, scope engine.Scope, arn string) (*engine.Live[Topic], error) {
	var topic *sns.GetTopicAttributesOutput
	var subscriptions []types.Subscription
	var tags *sns.ListTagsForResourceOutput
	group, all := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		topic, err = d.SNS.GetTopicAttributes(all, &sns.GetTopicAttributesInput{TopicArn: aws.String(arn)})
		return unlessGone(err)
	})
	group.Go(func() (err error) { subscriptions, err = d.subscriptions(all, arn); return unlessGone(err) })
	recorded := isRecorded(scope, Topic{}.Kind(), arn) // then it need not be asked whose it is
	if !recorded {
		group.Go(func() (err error) {
			tags, err = d.SNS.ListTagsForResource(all, &sns.ListTagsForResourceInput{ResourceArn: aws.String(arn)})
			return unlessGone(err)
		})
	}
	if err := group.Wait(); err != nil || topic == nil || tags == nil && !recorded {
		return nil, err
	}
	name := arn[strings.LastIndex(arn, ":")+1:]
	live := &engine.Live[Topic]{ID: arn, Spec: Topic{Name: name}}
	if err := live.Spec.parsePolicy(arn, topic.Attributes["Policy"]); err != nil {
		return nil, err
	}
	known, _ := scope.Find(live.Spec.Kind(), name)
	var pending []string
	live.Spec.Emails, pending = subscribed(subscriptions, wantedAs[Topic](known).Emails)
	live.Attrs = map[string]any{PendingEmails: pending}
	if len(pending) > 0 {
		live.Reason = "waiting for " + strings.Join(pending, ", ") + " to confirm the subscription"
	}
	if recorded {
		return live, nil
	}
	belongs(scope, live, tagMap(tags.Tags, func(t types.Tag) (*string, *string) { return t.Key, t.Value }))
	return live, nil
}

// Subscriptions without an ARN yet, or any more.
// https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html
const (
	unconfirmed  = "PendingConfirmation"
	unsubscribed = "Deleted"
)

// subscribed are the addresses that count: those that confirmed, and those that
// are to. SNS cannot take a pending one back, it forgets it after some days; so
// one that is not wanted is passed over.
func subscribed(subscriptions []types.Subscription, wanted []string) (emails engine.Set[string], pending []string) {
	for _, s := range subscriptions {
		if aws.ToString(s.Protocol) != "email" || aws.ToString(s.SubscriptionArn) == unsubscribed {
			continue
		}
		email := aws.ToString(s.Endpoint)
		i := slices.IndexFunc(wanted, func(w string) bool { return strings.EqualFold(w, email) })
		if i >= 0 {
			email = wanted[i]
		}
		switch isPending := aws.ToString(s.SubscriptionArn) == unconfirmed; {
		case isPending && i < 0:
			continue
		case isPending:
			pending = append(pending, email)
		}
		emails = append(emails, email)
	}
	slices.Sort(pending)
	return emails, slices.Compact(pending)
}

func (d topics) subscriptions(ctx context.Context, arn string) ([]types.Subscription, error) {
	var all []types.Subscription
	pages := sns.NewListSubscriptionsByTopicPaginator(d.SNS, &sns.ListSubscriptionsByTopicInput{TopicArn: aws.String(arn)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Subscriptions...)
	}
	return all, nil
}

func (d topics) Create(ctx context.Context, id engine.Identity, s Topic) error {
	_, err := d.SNS.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String(s.Name), Tags: toSNS(id.Tags)})
	return err
}

func (d topics) Update(ctx context.Context, is engine.Live[Topic], want Topic, changed engine.Fields) error {
	if changed.Has("publishers", "other-statements") {
		if _, err := d.SNS.SetTopicAttributes(ctx, &sns.SetTopicAttributesInput{
			TopicArn: aws.String(is.ID), AttributeName: aws.String("Policy"), AttributeValue: aws.String(want.policy(is.ID).document()),
		}); err != nil {
			return err
		}
	}
	if !changed.Has("emails") {
		return nil
	}
	return d.subscribe(ctx, is.ID, want.Emails)
}

// subscribe looks again who is there first, as each subscribing sends a mail.
func (d topics) subscribe(ctx context.Context, arn string, wanted []string) error {
	subscriptions, err := d.subscriptions(ctx, arn)
	if err != nil {
		return err
	}
	there, _ := subscribed(subscriptions, wanted)
	for _, email := range wanted {
		if slices.Contains(there, email) {
			continue
		}
		if _, err := d.SNS.Subscribe(ctx, &sns.SubscribeInput{
			TopicArn: aws.String(arn), Protocol: aws.String("email"), Endpoint: aws.String(email),
		}); err != nil {
			return err
		}
	}
	for _, s := range subscriptions {
		email, id := aws.ToString(s.Endpoint), aws.ToString(s.SubscriptionArn)
		if aws.ToString(s.Protocol) != "email" || id == unconfirmed || id == unsubscribed ||
			slices.ContainsFunc(wanted, func(w string) bool { return strings.EqualFold(w, email) }) {
			continue
		}
		_, err := d.SNS.Unsubscribe(ctx, &sns.UnsubscribeInput{SubscriptionArn: s.SubscriptionArn})
		if unlessGone(err) != nil {
			return err
		}
	}
	return nil
}

// Delete takes the subscriptions along.
func (d topics) Delete(ctx context.Context, is engine.Live[Topic]) error {
	_, err := d.SNS.DeleteTopic(ctx, &sns.DeleteTopicInput{TopicArn: aws.String(is.ID)})
	return err
}

// Tag implements engine.Tagger.
func (d topics) Tag(ctx context.Context, id string, set map[string]string, unset []string) error {
	if len(set) > 0 {
		if _, err := d.SNS.TagResource(ctx, &sns.TagResourceInput{ResourceArn: aws.String(id), Tags: toSNS(set)}); err != nil {
			return err
		}
	}
	if len(unset) == 0 {
		return nil
	}
	_, err := d.SNS.UntagResource(ctx, &sns.UntagResourceInput{ResourceArn: aws.String(id), TagKeys: unset})
	return err
}

func toSNS(tags map[string]string) []types.Tag {
	return tagList(tags, func(k, v *string) types.Tag { return types.Tag{Key: k, Value: v} })
}
