package proxy

import (
	"math"
	"path"
	"time"
)

// Weather is how well AWS answers. Its zero value is calm. Of the calls, each share meets its own fate; one call never
// meets two.
type Weather struct {
	Seed      uint64
	Throttled float64 // refused as too fast
	Failed    float64 // answered with HTTP 500, and not done
	Reset     float64 // the connection is reset before AWS hears of the call
	Lost      float64 // done, and the connection is reset before the answer
	Limits    []Limit // calls beyond these rates are refused; see Published
	Spare     func(Call) bool
}

// Moderate is weather to work in every day: the published rates, and each sort of trouble once in a while.
func Moderate(seed uint64) Weather {
	return Weather{Seed: seed, Throttled: 0.02, Failed: 0.005, Reset: 0.005, Lost: 0.005, Limits: Published}
}

// Rules are the rules that make the weather.
func (w Weather) Rules() []Rule {
	fates := []struct {
		rate float64
		rule Rule
	}{
		{w.Throttled, Rule{Name: "throttled", Error: Throttled()}},
		{w.Failed, Rule{Name: "failed", Error: Failure()}},
		{w.Reset, Rule{Name: "reset", Drop: true}},
		{w.Lost, Rule{Name: "lost", Lost: true}},
	}
	var rules []Rule
	left := 1.0
	for i, f := range fates {
		if f.rate > 0 {
			// A rule only sees what those before it let pass.
			f.rule.Rate, f.rule.Seed = f.rate/left, w.Seed+uint64(i)
			if w.Spare != nil {
				f.rule.Match = func(c Call) bool { return !w.Spare(c) }
			}
			rules = append(rules, f.rule)
		}
		left -= f.rate
	}
	for _, limit := range w.Limits {
		rules = append(rules, limit.rule(time.Now))
	}
	return rules
}

// Limit is a token bucket: a burst of Size calls, and Refill more each second.
type Limit struct {
	Operations []string // globs over "service:Operation"
	But        []string // globs of what has another limit
	Only       Class    // "" is all
	Size       float64
	Refill     float64
	Source     string
}

const (
	ec2Throttling     = "https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html"
	route53Throttling = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html"
	cloudwatchQuotas  = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html"
	unpublished       = "not published: what users report to be safe"
)

// Published are the rates that AWS publishes for an account in a region, and for services that publish none, rates that
// are known to be safe.
var Published = []Limit{
	{Operations: []string{"ec2:*"}, Only: Read, Size: 100, Refill: 20, Source: ec2Throttling},
	{
		Operations: []string{"ec2:*"}, Only: Change, Size: 50, Refill: 5, Source: ec2Throttling,
		But: []string{"ec2:*SecurityGroup*gress", "ec2:CreateKeyPair", "ec2:*Tags", "ec2:*VpcEndpoint*", "ec2:RunInstances",
			"ec2:TerminateInstances", "ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate", "ec2:*NatGateway"},
	},
	{Operations: []string{"ec2:*SecurityGroup*gress", "ec2:CreateKeyPair"}, Size: 50, Refill: 5, Source: ec2Throttling},
	{Operations: []string{"ec2:CreateTags", "ec2:DeleteTags"}, Size: 100, Refill: 10, Source: ec2Throttling},
	{Operations: []string{"ec2:CreateVpcEndpoint", "ec2:ModifyVpcEndpoint", "ec2:DeleteVpcEndpoints"}, Size: 4, Refill: 0.3, Source: ec2Throttling},
	{Operations: []string{"ec2:RunInstances", "ec2:StartInstances"}, Size: 5, Refill: 2, Source: ec2Throttling},
	{Operations: []string{"ec2:TerminateInstances", "ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"}, Size: 100, Refill: 5, Source: ec2Throttling},
	{Operations: []string{"ec2:CreateNatGateway", "ec2:DeleteNatGateway"}, Size: 10, Refill: 1, Source: ec2Throttling},
	{Operations: []string{"route53:*"}, Size: 5, Refill: 5, Source: route53Throttling},
	{Operations: []string{"monitoring:PutMetricAlarm"}, Size: 3, Refill: 3, Source: cloudwatchQuotas},
	{Operations: []string{"monitoring:DescribeAlarms"}, Size: 9, Refill: 9, Source: cloudwatchQuotas},
	{Operations: []string{"iam:*"}, Size: 30, Refill: 15, Source: unpublished},
	{Operations: []string{"elasticloadbalancing:*"}, Size: 20, Refill: 10, Source: unpublished},
	{Operations: []string{"rds:*"}, Size: 20, Refill: 10, Source: unpublished},
}

func (l Limit) covers(c Call) bool {
	return (l.Only == "" || l.Only == c.Class) && matches(l.Operations, c) && !matches(l.But, c)
}

func matches(globs []string, c Call) bool {
	for _, glob := range globs {
		if matched, err := path.Match(glob, c.String()); err == nil && matched {
			return true
		}
	}
	return false
}

// rule refuses what comes when the bucket is empty. A refused call takes no token.
func (l Limit) rule(now func() time.Time) Rule {
	tokens, last := l.Size, now()
	return Rule{Name: "limit", Error: Throttled(), Match: func(c Call) bool {
		if !l.covers(c) {
			return false
		}
		at := now()
		tokens = math.Min(l.Size, tokens+l.Refill*at.Sub(last).Seconds())
		last = at
		if tokens < 1 {
			return true
		}
		tokens--
		return false
	}}
}
