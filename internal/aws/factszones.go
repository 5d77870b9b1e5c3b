package aws

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Zones are the zones to work in, in the order of the subnets. It makes three
// calls where zones are still to be chosen, and none where all are in use.
func (c *Clients) Zones(ctx context.Context, q Questions) ([]string, error) {
	var choice zoneChoice
	if !complete(q.Used, q.Zones) {
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() (err error) { choice.available, err = c.zones(ctx); return err })
		g.Go(func() (err error) { choice.offers, err = c.offered(ctx, q.Types); return err })
		g.Go(func() (err error) { choice.live, err = c.zonesInUse(ctx, q); return err })
		if err := g.Wait(); err != nil {
			return nil, err
		}
	}
	zones := choice.choose(q.Used, q.Zones)
	if !complete(zones, q.Zones) {
		return nil, &TooFewZones{Region: c.Config.Region, Want: q.Zones, Have: choice.available}
	}
	return zones, nil
}

// zones are the names of the region's own zones, without Local Zones and
// Wavelength Zones, sorted.
func (c *Clients) zones(ctx context.Context) ([]string, error) {
	out, err := c.EC2.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesInput{Filters: []types.Filter{
		{Name: aws.String("opt-in-status"), Values: []string{string(types.AvailabilityZoneOptInStatusOptInNotRequired)}},
		{Name: aws.String("state"), Values: []string{string(types.AvailabilityZoneStateAvailable)}},
	}})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, z := range out.AvailabilityZones {
		if kind := aws.ToString(z.ZoneType); kind == "" || kind == "availability-zone" {
			names = append(names, aws.ToString(z.ZoneName))
		}
	}
	slices.Sort(names)
	return names, nil
}

// offered counts how many of the instance types each zone has: not every zone
// has every type, nor every region.
func (c *Clients) offered(ctx context.Context, instanceTypes []string) (map[string]int, error) {
	pages := ec2.NewDescribeInstanceTypeOfferingsPaginator(c.EC2, &ec2.DescribeInstanceTypeOfferingsInput{
		LocationType: types.LocationTypeAvailabilityZone,
		Filters:      []types.Filter{{Name: aws.String("instance-type"), Values: instanceTypes}},
	})
	offers, there := map[string]int{}, map[string]bool{}
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, o := range page.InstanceTypeOfferings {
			offers[aws.ToString(o.Location)]++
			there[string(o.InstanceType)] = true
		}
	}
	missing := slices.DeleteFunc(slices.Clone(instanceTypes), func(t string) bool { return there[t] })
	if len(there) > 0 && len(missing) > 0 {
		return nil, &NotOffered{Region: c.Config.Region, Types: missing}
	}
	return offers, nil
}

// zonesInUse are the zones of the environment's live subnets, by the letter at
// the end of their address: the record may be lost, the zones must stay.
func (c *Clients) zonesInUse(ctx context.Context, q Questions) ([]string, error) {
	out, err := c.EC2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{
		Filters: ours(engine.NewScope(q.Project, q.Environment, nil)),
	})
	if err != nil {
		return nil, err
	}
	zones := make([]string, q.Zones)
	for _, s := range out.Subnets {
		if n, ok := SubnetPosition(fromEC2(s.Tags)[engine.TagAddress]); ok && n < len(zones) {
			zones[n] = aws.ToString(s.AvailabilityZone)
		}
	}
	return zones, nil
}

// SubnetPosition is the place of a subnet's zone in Facts.Zones: 0 for
// subnet/public-a and subnet/private-a, 1 for those that end in b, and so on.
func SubnetPosition(address string) (int, bool) {
	kind, name, _ := strings.Cut(address, "/")
	letter, ok := strings.CutPrefix(name, "public-")
	if !ok {
		letter, ok = strings.CutPrefix(name, "private-")
	}
	if kind != "subnet" || !ok || len(letter) != 1 || letter[0] < 'a' || letter[0] > 'z' {
		return 0, false
	}
	return int(letter[0] - 'a'), true
}

// zoneChoice is what is known of zones while some are still to be chosen.
type zoneChoice struct {
	available []string
	offers    map[string]int
	live      []string
}

// choose keeps the zones in use where they are and fills the places left with
// those that offer the most of the instance types, then in order of name.
func (z zoneChoice) choose(used []string, n int) []string {
	chosen := make([]string, n)
	copy(chosen, z.live)
	for i := range min(n, len(used)) {
		if used[i] != "" {
			chosen[i] = used[i]
		}
	}
	free := slices.DeleteFunc(slices.Clone(z.available), func(zone string) bool { return slices.Contains(chosen, zone) })
	slices.SortStableFunc(free, func(a, b string) int { return z.offers[b] - z.offers[a] })
	missing := 0
	for _, zone := range chosen {
		if zone == "" {
			missing++
		}
	}
	free = free[:min(missing, len(free))]
	slices.Sort(free)
	for i := range chosen {
		if chosen[i] == "" && len(free) > 0 {
			chosen[i], free = free[0], free[1:]
		}
	}
	return chosen
}

func complete(zones []string, n int) bool {
	return len(zones) >= n && !slices.Contains(zones[:n], "")
}
