package aws

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"golang.org/x/sync/errgroup"
)

// Needs is what is about to be made, of what an account may have so many of.
type Needs struct {
	VPCs, Balancers, Addresses int
	// OnDemand and Spot are instances to be launched, each of any of the types
	// given for it.
	OnDemand, Spot []Launch
}

// Launch is a number of instances, all of them of one of some types.
type Launch struct {
	Count int
	Types []string
}

// Empty reports that nothing is needed.
func (n Needs) Empty() bool {
	return n.VPCs+n.Balancers+n.Addresses+len(n.OnDemand)+len(n.Spot) == 0
}

// Shortage is a quota that does not leave room for what is needed.
type Shortage struct {
	// Name is what AWS calls the quota; Service and Code are what to ask for it by.
	Name, Service, Code, Region string
	// Limit, Used and Needed are in the quota's own unit: pieces, or vCPUs.
	Limit, Used, Needed int
}

func (s Shortage) String() string {
	return fmt.Sprintf("the account's quota %q is %d: %d are in use, and this needs %d. Ask for more: "+
		"`aws service-quotas request-service-quota-increase --service-code %s --quota-code %s --region %s --desired-value %d`, or delete what is no longer needed",
		s.Name, s.Limit, s.Used, s.Needed, s.Service, s.Code, s.Region, s.Used+s.Needed)
}

// quotaCheck is one quota, how much of it is used, and how much is needed.
type quotaCheck struct {
	of     string // key in quotas
	needed int
	used   func(context.Context) (int, error)
}

// Shortages are the quotas that would end the work in the middle, as far as AWS
// tells: what may not be read is not reported.
// https://docs.aws.amazon.com/servicequotas/latest/userguide/intro.html
func (c *Clients) Shortages(ctx context.Context, n Needs) []Shortage {
	cpus := c.processors(ctx, n)
	checks := []quotaCheck{
		{"EC2:VpcLimitExceeded", n.VPCs, c.countVPCs},
		{"EC2:AddressLimitExceeded", n.Addresses, c.countAddresses},
		{"Elastic Load Balancing v2:TooManyLoadBalancers", n.Balancers, c.countBalancers},
		{"EC2:VcpuLimitExceeded", cpus.need(n.OnDemand), cpus.used(false)},
		{"EC2:MaxSpotInstanceCountExceeded", cpus.need(n.Spot), cpus.used(true)},
	}
	found := make([]*Shortage, len(checks))
	g, ctx := errgroup.WithContext(ctx)
	for i, check := range checks {
		if check.needed > 0 {
			g.Go(func() error { found[i] = c.shortage(ctx, check); return nil })
		}
	}
	_ = g.Wait() // what cannot be read is no shortage
	var all []Shortage
	for _, s := range found {
		if s != nil {
			all = append(all, *s)
		}
	}
	return all
}

func (c *Clients) shortage(ctx context.Context, check quotaCheck) *Shortage {
	q := quotas[check.of]
	limit, err := c.limit(ctx, q)
	if err != nil {
		return nil
	}
	used, err := check.used(ctx)
	if err != nil || used+check.needed <= limit {
		return nil
	}
	return &Shortage{Name: q.Name, Service: q.Service, Code: q.Code, Region: c.region(), Limit: limit, Used: used, Needed: check.needed}
}

// limit is the account's own value of a quota or, where it never had one, AWS's.
// https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
func (c *Clients) limit(ctx context.Context, q QuotaReached) (int, error) {
	own, err := c.Quotas.GetServiceQuota(ctx, &servicequotas.GetServiceQuotaInput{ServiceCode: aws.String(q.Service), QuotaCode: aws.String(q.Code)})
	if err == nil {
		return int(aws.ToFloat64(own.Quota.Value)), nil
	}
	first, err := c.Quotas.GetAWSDefaultServiceQuota(ctx, &servicequotas.GetAWSDefaultServiceQuotaInput{ServiceCode: aws.String(q.Service), QuotaCode: aws.String(q.Code)})
	if err != nil {
		return 0, err
	}
	return int(aws.ToFloat64(first.Quota.Value)), nil
}

func (c *Clients) countVPCs(ctx context.Context) (n int, err error) {
	pages := ec2.NewDescribeVpcsPaginator(c.EC2, &ec2.DescribeVpcsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, err
		}
		n += len(page.Vpcs)
	}
	return n, nil
}

func (c *Clients) countAddresses(ctx context.Context) (int, error) {
	out, err := c.EC2.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{})
	if err != nil {
		return 0, err
	}
	return len(out.Addresses), nil
}

func (c *Clients) countBalancers(ctx context.Context) (n int, err error) {
	pages := elasticloadbalancingv2.NewDescribeLoadBalancersPaginator(c.ELB, &elasticloadbalancingv2.DescribeLoadBalancersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, err
		}
		for _, b := range page.LoadBalancers {
			if b.Type == "application" {
				n++
			}
		}
	}
	return n, nil
}

// processors counts vCPUs, which is what AWS limits instances by.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-on-demand-instances.html
type processors struct {
	each     map[string]int // vCPUs of a type
	onDemand int            // that run now
	spot     int
	err      error
}

// standard are the first letters of the types that the two quotas are about.
const standard = "acdhimrtz"

// processors asks for the types that are needed, and for what runs.
func (c *Clients) processors(ctx context.Context, n Needs) processors {
	p := processors{each: map[string]int{}}
	var names []types.InstanceType
	for _, l := range slices.Concat(n.OnDemand, n.Spot) {
		for _, name := range l.Types {
			if t := types.InstanceType(name); !slices.Contains(names, t) {
				names = append(names, t)
			}
		}
	}
	if len(names) == 0 {
		return p
	}
	g, inner := errgroup.WithContext(ctx)
	g.Go(func() error { return c.eachType(inner, names, p.each) })
	g.Go(func() (err error) { p.onDemand, p.spot, err = c.running(inner); return err })
	p.err = g.Wait()
	return p
}

func (c *Clients) eachType(ctx context.Context, names []types.InstanceType, each map[string]int) error {
	out, err := c.EC2.DescribeInstanceTypes(ctx, &ec2.DescribeInstanceTypesInput{InstanceTypes: names})
	if err != nil {
		return err
	}
	for _, t := range out.InstanceTypes {
		if t.VCpuInfo != nil {
			each[string(t.InstanceType)] = int(aws.ToInt32(t.VCpuInfo.DefaultVCpus))
		}
	}
	return nil
}

func (c *Clients) running(ctx context.Context) (onDemand, spot int, err error) {
	pages := ec2.NewDescribeInstancesPaginator(c.EC2, &ec2.DescribeInstancesInput{
		Filters: []types.Filter{{Name: aws.String("instance-state-name"), Values: []string{"pending", "running"}}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, 0, err
		}
		for _, r := range page.Reservations {
			for _, i := range r.Instances {
				if i.CpuOptions == nil || !strings.Contains(standard, string(i.InstanceType[0])) {
					continue
				}
				n := int(aws.ToInt32(i.CpuOptions.CoreCount) * aws.ToInt32(i.CpuOptions.ThreadsPerCore))
				if i.InstanceLifecycle == types.InstanceLifecycleTypeSpot {
					spot += n
				} else {
					onDemand += n
				}
			}
		}
	}
	return onDemand, spot, nil
}

// need is the least that launches take: which of its types a group gets, AWS
// decides.
func (p processors) need(launches []Launch) (sum int) {
	for _, l := range launches {
		least := math.MaxInt
		for _, name := range l.Types {
			if n := p.each[name]; n > 0 {
				least = min(least, n)
			}
		}
		if least < math.MaxInt {
			sum += l.Count * least
		}
	}
	return sum
}

func (p processors) used(spot bool) func(context.Context) (int, error) {
	return func(context.Context) (int, error) {
		if spot {
			return p.spot, p.err
		}
		return p.onDemand, p.err
	}
}
