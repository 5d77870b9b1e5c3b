package aws

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// attrHSTS is the header's value; empty takes the header away.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/header-modification.html
const attrHSTS = "routing.http.response.strict_transport_security.header_value"

// listeners drives Listener. Ids are ARNs.
type listeners struct{ *Clients }

// Read lists the listeners of the load balancers that are wanted, and leaves
// out those of other people.
func (d listeners) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[Listener], error) {
	all, err := d.all(ctx, scope)
	if err != nil {
		return nil, err
	}
	arns := make([]string, 0, len(all))
	for _, l := range all {
		arns = append(arns, aws.ToString(l.ListenerArn))
	}
	var tags map[string]map[string]string
	var found []engine.Live[Listener]
	group, both := errgroup.WithContext(ctx)
	group.Go(func() (err error) { tags, err = d.tagsELB(both, arns...); return err })
	group.Go(func() (err error) { found, err = fetch(both, all, d.one); return err })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var lives []engine.Live[Listener]
	for _, live := range found {
		live.Tags = tags[live.ID]
		switch {
		case isOurs(scope, live.Tags):
			live.Address = live.Tags[engine.TagAddress]
		case live.Tags == nil || !isRecorded(scope, live.Spec.Kind(), live.ID):
			continue
		}
		lives = append(lives, live)
	}
	return lives, nil
}

// one completes what the listing has.
func (d listeners) one(ctx context.Context, l types.Listener) (*engine.Live[Listener], error) {
	live := &engine.Live[Listener]{ID: aws.ToString(l.ListenerArn), Spec: listenerOf(l)}
	if l.Protocol != types.ProtocolEnumHttps {
		return live, nil
	}
	hsts, err := d.hsts(ctx, live.ID)
	live.Spec.HSTS = hsts
	return live, err
}

// all are the listeners of the load balancers: of the recorded ones at once, of
// others that are found when they are.
func (d listeners) all(ctx context.Context, scope engine.Scope) ([]types.Listener, error) {
	recorded := recordedIDs(scope, LoadBalancer{}.Kind())
	var known, others [][]types.Listener
	group, both := errgroup.WithContext(ctx)
	group.Go(func() (err error) { known, err = fetch(both, recorded, d.list); return err })
	group.Go(func() error {
		balancers, err := d.balancers(both, scope)
		if err != nil {
			return err
		}
		var more []string
		for _, b := range balancers {
			if arn := aws.ToString(b.LoadBalancerArn); !slices.Contains(recorded, arn) {
				more = append(more, arn)
			}
		}
		others, err = fetch(both, more, d.list)
		return err
	})
	err := group.Wait()
	return slices.Concat(slices.Concat(known...), slices.Concat(others...)), err
}

func (d listeners) list(ctx context.Context, balancer string) (*[]types.Listener, error) {
	var all []types.Listener
	pages := elb.NewDescribeListenersPaginator(d.ELB, &elb.DescribeListenersInput{LoadBalancerArn: aws.String(balancer)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Listeners...)
	}
	return &all, nil
}

func (d listeners) hsts(ctx context.Context, arn string) (string, error) {
	out, err := d.ELB.DescribeListenerAttributes(ctx, &elb.DescribeListenerAttributesInput{ListenerArn: aws.String(arn)})
	if err != nil {
		return "", err
	}
	for _, a := range out.Attributes {
		if aws.ToString(a.Key) == attrHSTS {
			return aws.ToString(a.Value), nil
		}
	}
	return "", nil
}

func (d listeners) Create(ctx context.Context, id engine.Identity, s Listener) error {
	_, err := d.ELB.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: aws.String(s.LoadBalancer.ID()), Port: aws.Int32(int32(s.Port)), Protocol: types.ProtocolEnum(s.Protocol),
		Certificates: s.certificates(), SslPolicy: s.policy(), DefaultActions: s.actions(nil), Tags: toELB(id.Tags),
	})
	return err
}

func (d listeners) Update(ctx context.Context, is engine.Live[Listener], want Listener, changed engine.Fields) error {
	in := &elb.ModifyListenerInput{ListenerArn: aws.String(is.ID)}
	if changed.Has("port", "protocol", "certificate", "policy") {
		in.Port, in.Protocol = aws.Int32(int32(want.Port)), types.ProtocolEnum(want.Protocol)
		in.Certificates, in.SslPolicy = want.certificates(), want.policy()
	}
	if changed.Has("redirect", "groups") {
		in.DefaultActions = want.actions(is.Spec.Weights)
	}
	if in.Port != nil || in.DefaultActions != nil {
		if _, err := d.ELB.ModifyListener(ctx, in); err != nil {
			return err
		}
	}
	if !changed.Has("hsts") {
		return nil
	}
	_, err := d.ELB.ModifyListenerAttributes(ctx, &elb.ModifyListenerAttributesInput{
		ListenerArn: aws.String(is.ID),
		Attributes:  []types.ListenerAttribute{{Key: aws.String(attrHSTS), Value: aws.String(want.HSTS)}},
	})
	return err
}

func (d listeners) Delete(ctx context.Context, is engine.Live[Listener]) error {
	_, err := d.ELB.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: aws.String(is.ID)})
	return err
}

// Tag implements engine.Tagger.
func (d listeners) Tag(ctx context.Context, id string, set map[string]string, unset []string) error {
	return d.tagELB(ctx, id, set, unset)
}
