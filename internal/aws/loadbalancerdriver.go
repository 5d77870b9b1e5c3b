package aws

import (
	"context"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// The attributes that are managed.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
const (
	attrProtection  = "deletion_protection.enabled"
	attrDropHeaders = "routing.http.drop_invalid_header_fields.enabled"
	attrIdle        = "idle_timeout.timeout_seconds"
	attrDesync      = "routing.http.desync_mitigation_mode"
)

// loadBalancers drives LoadBalancer. Ids are ARNs.
type loadBalancers struct{ *Clients }

func (d loadBalancers) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[LoadBalancer], error) {
	balancers, err := d.balancers(ctx, scope)
	if err != nil {
		return nil, err
	}
	return fetch(ctx, balancers, func(ctx context.Context, b types.LoadBalancer) (*engine.Live[LoadBalancer], error) {
		return d.one(ctx, scope, b)
	})
}

func (d loadBalancers) one(ctx context.Context, scope engine.Scope, b types.LoadBalancer) (*engine.Live[LoadBalancer], error) {
	arn := aws.ToString(b.LoadBalancerArn)
	var tags map[string]map[string]string
	attributes := map[string]string{}
	group, all := errgroup.WithContext(ctx)
	recorded := isRecorded(scope, LoadBalancer{}.Kind(), arn) // then it need not be asked whose it is
	if !recorded {
		group.Go(func() (err error) { tags, err = d.tagsELB(all, arn); return err })
	}
	group.Go(func() error {
		out, err := d.ELB.DescribeLoadBalancerAttributes(all, &elb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: b.LoadBalancerArn})
		if err != nil {
			return err
		}
		for _, a := range out.Attributes {
			attributes[aws.ToString(a.Key)] = aws.ToString(a.Value)
		}
		return nil
	})
	if err := group.Wait(); err != nil || tags[arn] == nil && !recorded {
		return nil, err
	}
	live := &engine.Live[LoadBalancer]{
		ID: arn, Spec: loadBalancerOf(b, attributes),
		Attrs: map[string]any{
			// Route 53 gives it back in lower case.
			"dns-name": strings.ToLower(aws.ToString(b.DNSName)),
			"zone-id":  aws.ToString(b.CanonicalHostedZoneId), "label": label(arn, "loadbalancer/"),
		},
	}
	live.Status, live.Reason = balancerStatus(b.State)
	if !recorded {
		belongs(scope, live, tags[arn])
	}
	return live, nil
}

func loadBalancerOf(b types.LoadBalancer, attributes map[string]string) LoadBalancer {
	var subnets []string
	for _, zone := range b.AvailabilityZones {
		subnets = append(subnets, aws.ToString(zone.SubnetId))
	}
	idle, _ := strconv.Atoi(attributes[attrIdle]) // AWS writes a number
	return LoadBalancer{
		Name: aws.ToString(b.LoadBalancerName), Subnets: refs[Subnet](subnets), SecurityGroups: refs[SecurityGroup](b.SecurityGroups),
		DropInvalidHeaders: attributes[attrDropHeaders] == "true", DeletionProtection: attributes[attrProtection] == "true",
		IdleTimeout: idle, Desync: attributes[attrDesync],
	}
}

// balancerStatus: an impaired one serves, and only cannot grow.
func balancerStatus(state *types.LoadBalancerState) (engine.Status, string) {
	if state == nil {
		return engine.Pending, ""
	}
	reason := aws.ToString(state.Reason)
	switch state.Code {
	case types.LoadBalancerStateEnumActive, types.LoadBalancerStateEnumActiveImpaired:
		return engine.Ready, reason
	case types.LoadBalancerStateEnumFailed:
		return engine.Failed, reason
	}
	if reason == "" {
		reason = string(state.Code)
	}
	return engine.Pending, reason
}

func (d loadBalancers) Create(ctx context.Context, id engine.Identity, s LoadBalancer) error {
	_, err := d.ELB.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
		Name: aws.String(s.Name), Type: types.LoadBalancerTypeEnumApplication,
		Scheme: types.LoadBalancerSchemeEnumInternetFacing, IpAddressType: types.IpAddressTypeIpv4,
		Subnets: ids(s.Subnets), SecurityGroups: ids(s.SecurityGroups), Tags: toELB(id.Tags),
	})
	return err
}

func (d loadBalancers) Update(ctx context.Context, is engine.Live[LoadBalancer], want LoadBalancer, changed engine.Fields) error {
	arn := aws.String(is.ID)
	if changed.Has("security-groups") {
		if _, err := d.ELB.SetSecurityGroups(ctx, &elb.SetSecurityGroupsInput{
			LoadBalancerArn: arn, SecurityGroups: ids(want.SecurityGroups),
		}); err != nil {
			return err
		}
	}
	if changed.Has("subnets") {
		if _, err := d.ELB.SetSubnets(ctx, &elb.SetSubnetsInput{LoadBalancerArn: arn, Subnets: ids(want.Subnets)}); err != nil {
			return err
		}
	}
	if !changed.Has("drop-invalid-headers", "deletion-protection", "idle-timeout", "desync") {
		return nil
	}
	return d.set(ctx, is.ID, map[string]string{
		attrDropHeaders: strconv.FormatBool(want.DropInvalidHeaders), attrProtection: strconv.FormatBool(want.DeletionProtection),
		attrIdle: strconv.Itoa(want.IdleTimeout), attrDesync: want.Desync,
	})
}

func (d loadBalancers) set(ctx context.Context, arn string, attributes map[string]string) error {
	_, err := d.ELB.ModifyLoadBalancerAttributes(ctx, &elb.ModifyLoadBalancerAttributesInput{
		LoadBalancerArn: aws.String(arn),
		Attributes: tagList(attributes, func(k, v *string) types.LoadBalancerAttribute {
			return types.LoadBalancerAttribute{Key: k, Value: v}
		}),
	})
	return err
}

// Delete lifts the protection first. It takes the listeners along; its network
// interfaces stay some minutes, so what they are in is for the engine to retry.
func (d loadBalancers) Delete(ctx context.Context, is engine.Live[LoadBalancer]) error {
	if is.Spec.DeletionProtection {
		if err := d.set(ctx, is.ID, map[string]string{attrProtection: "false"}); err != nil {
			return err
		}
	}
	_, err := d.ELB.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: aws.String(is.ID)})
	return err
}

// Tag implements engine.Tagger.
func (d loadBalancers) Tag(ctx context.Context, id string, set map[string]string, unset []string) error {
	return d.tagELB(ctx, id, set, unset)
}
