package aws

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// TagImage marks the images we bake; ImageGood is its value on an image that has
// passed its test.
const (
	TagImage  = "keyedin:image"
	ImageGood = "good"
)

// amazonLinux is where AWS publishes the newest Amazon Linux 2023 image of a
// CPU architecture (x86_64, arm64).
// https://docs.aws.amazon.com/linux/al2023/ug/ec2.html
const amazonLinux = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-"

// Questions is what Facts is to find out.
type Questions struct {
	// Project and Environment own the subnets and images to look for.
	Project, Environment string
	// Account is the only account that may be touched; empty: any.
	Account string
	// Zones is how many zones are needed; 0: they are asked for later.
	Zones int
	// Used are the zones that subnets are recorded in, in the order of the
	// subnets; "" where one is not known. A zone in use is never changed.
	Used []string
	// Types are the instance types that zones should offer.
	Types []string
	// Arch and BastionArch are CPU architectures, x86_64 or arm64;
	// BastionArch is empty when there is no bastion.
	Arch, BastionArch string
	// Image is the application's AMI; empty: the newest baked one, else
	// Amazon Linux 2023.
	Image string
}

// Facts is what an architecture needs to know of an account and region before
// anything is built there.
type Facts struct {
	// Account is the 12 digits, Partition aws, aws-cn or aws-us-gov.
	Account, Partition, Region string
	// Caller is the ARN of whoever the credentials belong to.
	Caller string
	// Zones are the names of the zones, in the order of the subnets.
	Zones []string
	// Image is the application's AMI. ImageIsBaked: it is one of our own, with
	// everything installed.
	Image        string
	ImageIsBaked bool
	// BastionImage is the bastion's AMI; empty without a bastion.
	BastionImage string
}

// WrongAccount reports credentials of another account than the config's.
type WrongAccount struct{ Want, Got, Caller string }

func (e *WrongAccount) Error() string {
	return fmt.Sprintf("the credentials belong to account %s (%s), but keyedin.yaml says account: %q; choose another profile, or correct account",
		e.Got, e.Caller, e.Want)
}

// TooFewZones reports a region with fewer zones than are asked for.
type TooFewZones struct {
	Region string
	Want   int
	Have   []string
}

func (e *TooFewZones) Error() string {
	return fmt.Sprintf("%s has %d zones this account can use (%s), but network.zones is %d; lower network.zones or choose another region",
		e.Region, len(e.Have), strings.Join(e.Have, ", "), e.Want)
}

// NotOffered reports instance types that AWS does not have in the region: the
// newest regions have no t2 any more.
type NotOffered struct {
	Region string
	Types  []string
}

func (e *NotOffered) Error() string {
	return fmt.Sprintf("AWS has no %s in %s; choose other types in keyedin.yaml: app.instances.types, bastion.type; see what it has: "+
		"aws ec2 describe-instance-type-offerings --region %s --query 'InstanceTypeOfferings[].InstanceType'",
		strings.Join(e.Types, ", "), e.Region, e.Region)
}

// NoImage reports an AMI that is not there, or does not fit.
type NoImage struct{ Image, Region, Why string }

func (e *NoImage) Error() string {
	return fmt.Sprintf("image %s in %s: %s; set app.image to another one, or leave it empty", e.Image, e.Region, e.Why)
}

// Facts asks AWS, all at once: three calls as a rule, and those of Zones. Errors are AWS's own, or WrongAccount,
// TooFewZones, NotOffered and NoImage.
func (c *Clients) Facts(ctx context.Context, q Questions) (Facts, error) {
	f := Facts{Region: c.Config.Region}
	var stock map[string]string
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) { f.Account, f.Partition, f.Caller, err = c.identity(ctx, q.Account); return err })
	g.Go(func() (err error) { stock, err = c.amazonLinux(ctx, q.Arch, q.BastionArch); return err })
	g.Go(func() (err error) { f.Image, f.ImageIsBaked, err = c.image(ctx, q); return err })
	g.Go(func() (err error) { f.Zones, err = c.Zones(ctx, q); return err })
	if err := g.Wait(); err != nil {
		return Facts{}, err
	}
	f.BastionImage = stock[q.BastionArch]
	if f.Image == "" {
		f.Image = stock[q.Arch]
	}
	return f, nil
}

// Caller finds out who the credentials belong to and where they work, in one
// call: Account, Partition, Region and Caller. want is the only account that may
// be touched, "" any; another one is a WrongAccount.
func (c *Clients) Caller(ctx context.Context, want string) (f Facts, err error) {
	f.Region = c.Config.Region
	f.Account, f.Partition, f.Caller, err = c.identity(ctx, want)
	return f, err
}

func (c *Clients) identity(ctx context.Context, want string) (account, partition, caller string, err error) {
	out, err := c.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", "", "", err
	}
	account, caller = aws.ToString(out.Account), aws.ToString(out.Arn)
	if want != "" && want != account {
		return "", "", "", &WrongAccount{Want: want, Got: account, Caller: caller}
	}
	parsed, err := arn.Parse(caller)
	return account, parsed.Partition, caller, err
}

// amazonLinux gives the newest Amazon Linux 2023 image of each architecture.
func (c *Clients) amazonLinux(ctx context.Context, archs ...string) (map[string]string, error) {
	var names []string
	for _, arch := range archs {
		if name := amazonLinux + arch; arch != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	out, err := c.SSM.GetParameters(ctx, &ssm.GetParametersInput{Names: names})
	if err != nil {
		return nil, err
	}
	if len(out.InvalidParameters) > 0 {
		return nil, &NoImage{Image: out.InvalidParameters[0], Region: c.Config.Region, Why: "AWS does not publish Amazon Linux 2023 here"}
	}
	images := map[string]string{}
	for _, p := range out.Parameters {
		images[strings.TrimPrefix(aws.ToString(p.Name), amazonLinux)] = aws.ToString(p.Value)
	}
	return images, nil
}

// AmazonLinux is the newest Amazon Linux 2023 image of a CPU architecture; its
// error may be a NoImage.
func (c *Clients) AmazonLinux(ctx context.Context, arch string) (string, error) {
	images, err := c.amazonLinux(ctx, arch)
	return images[arch], err
}

// image checks the image asked for, else finds the newest baked one; the
// result is "" when there is neither.
func (c *Clients) image(ctx context.Context, q Questions) (id string, baked bool, err error) {
	in := &ec2.DescribeImagesInput{ImageIds: []string{q.Image}}
	if q.Image == "" {
		in = &ec2.DescribeImagesInput{Owners: []string{"self"}, Filters: []types.Filter{
			{Name: aws.String("tag:" + engine.TagProject), Values: []string{q.Project}},
			{Name: aws.String("tag:" + TagImage), Values: []string{ImageGood}},
			{Name: aws.String("architecture"), Values: []string{q.Arch}},
			{Name: aws.String("state"), Values: []string{string(types.ImageStateAvailable)}},
		}}
	}
	out, err := c.EC2.DescribeImages(ctx, in)
	if err != nil {
		return "", false, err
	}
	if len(out.Images) == 0 {
		if q.Image != "" {
			return "", false, &NoImage{Image: q.Image, Region: c.Config.Region, Why: "there is no such image, or this account may not use it"}
		}
		return "", false, nil
	}
	newest := slices.MaxFunc(out.Images, func(a, b types.Image) int {
		// RFC 3339 in UTC sorts as text; the id decides between equals.
		return strings.Compare(aws.ToString(a.CreationDate)+*a.ImageId, aws.ToString(b.CreationDate)+*b.ImageId)
	})
	if why := unfit(newest, q.Arch); why != "" {
		return "", false, &NoImage{Image: *newest.ImageId, Region: c.Config.Region, Why: why}
	}
	tags := fromEC2(newest.Tags)
	return *newest.ImageId, tags[engine.TagProject] == q.Project && tags[TagImage] == ImageGood, nil
}

func unfit(i types.Image, arch string) string {
	if string(i.Architecture) != arch {
		return fmt.Sprintf("it is for %s, but app.instances.types are %s", i.Architecture, arch)
	}
	if i.State != types.ImageStateAvailable {
		return fmt.Sprintf("it is %s", i.State)
	}
	if root := aws.ToString(i.RootDeviceName); root != "" && root != RootDevice {
		return fmt.Sprintf("its root disk is %s, and that of Amazon Linux 2023, which the application needs, is %s", root, RootDevice)
	}
	return ""
}
