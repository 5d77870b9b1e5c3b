package aws

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// redirect sends a request to the same URL on https.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html
func redirect() *types.RedirectActionConfig {
	return &types.RedirectActionConfig{
		Protocol: aws.String("HTTPS"), Port: aws.String("443"), Host: aws.String("#{host}"),
		Path: aws.String("/#{path}"), Query: aws.String("#{query}"), StatusCode: types.RedirectActionStatusCodeEnumHttp301,
	}
}

// actions are the default action of the listener, whose groups have had the
// weights now until now.
func (s Listener) actions(now map[string]int) []types.Action {
	if s.Redirect {
		return []types.Action{{Type: types.ActionTypeEnumRedirect, RedirectConfig: redirect()}}
	}
	forward := &types.ForwardActionConfig{
		TargetGroupStickinessConfig: &types.TargetGroupStickinessConfig{Enabled: aws.Bool(false)},
	}
	weights := s.weights(now)
	for i, arn := range ids(s.Groups) {
		forward.TargetGroups = append(forward.TargetGroups, types.TargetGroupTuple{
			TargetGroupArn: aws.String(arn), Weight: aws.Int32(int32(weights[i])),
		})
	}
	return []types.Action{{Type: types.ActionTypeEnumForward, ForwardConfig: forward}}
}

// weights are the shares of the groups, in their order. Groups keep what they
// have, and one that comes to others that have requests gets none: shifting
// them is for a deployment.
func (s Listener) weights(now map[string]int) []int {
	names := make([]string, len(s.Groups))
	for i, arn := range ids(s.Groups) {
		names[i] = nameInARN(arn)
	}
	for _, known := range []map[string]int{now, s.Weights} {
		weights := make([]int, len(names))
		for i, name := range names {
			weights[i] = known[name]
		}
		if slices.Max(append(weights, 0)) > 0 {
			return weights
		}
	}
	return slices.Repeat([]int{1}, len(names))
}

// certificates are none for plain HTTP.
func (s Listener) certificates() []types.Certificate {
	if arn := s.Certificate.MustGet(); arn != "" {
		return []types.Certificate{{CertificateArn: aws.String(arn)}}
	}
	return nil
}

func (s Listener) policy() *string {
	if s.Policy == "" {
		return nil
	}
	return aws.String(s.Policy)
}

// listenerOf reads a listener, but for its attributes. An action that it could
// not have made itself is neither a redirect nor to any group, and so differs.
func listenerOf(l types.Listener) Listener {
	s := Listener{
		LoadBalancer: engine.ID[LoadBalancer](aws.ToString(l.LoadBalancerArn)), Port: int(aws.ToInt32(l.Port)),
		Protocol: string(l.Protocol), Policy: aws.ToString(l.SslPolicy),
	}
	if len(l.Certificates) > 0 {
		s.Certificate = engine.Known(aws.ToString(l.Certificates[0].CertificateArn))
	}
	if len(l.DefaultActions) != 1 {
		return s
	}
	action := l.DefaultActions[0]
	switch action.Type {
	case types.ActionTypeEnumRedirect:
		s.Redirect = sameRedirect(action.RedirectConfig)
	case types.ActionTypeEnumForward:
		s.Weights = weightsOf(action)
		for _, arn := range slices.Sorted(maps.Keys(s.Weights)) {
			s.Groups = append(s.Groups, engine.ID[TargetGroup](arn))
		}
		s.Weights = byName(s.Weights)
	}
	return s
}

func sameRedirect(r *types.RedirectActionConfig) bool {
	want := redirect()
	return r != nil && r.StatusCode == want.StatusCode && aws.ToString(r.Protocol) == *want.Protocol && aws.ToString(r.Port) == *want.Port &&
		aws.ToString(r.Host) == *want.Host && aws.ToString(r.Path) == *want.Path && aws.ToString(r.Query) == *want.Query
}

// weightsOf are the weights by ARN, also of the short form of a single group.
func weightsOf(action types.Action) map[string]int {
	weights := map[string]int{}
	if action.ForwardConfig != nil {
		for _, g := range action.ForwardConfig.TargetGroups {
			weights[aws.ToString(g.TargetGroupArn)] = int(aws.ToInt32(g.Weight))
		}
	}
	if arn := aws.ToString(action.TargetGroupArn); len(weights) == 0 && arn != "" {
		weights[arn] = 1
	}
	return weights
}

func byName(weights map[string]int) map[string]int {
	named := make(map[string]int, len(weights))
	for arn, weight := range weights {
		named[nameInARN(arn)] = weight
	}
	return named
}
