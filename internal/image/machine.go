package image

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	keyedin "github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// generations is how many machines of one build may have ended within the time
// that AWS remembers their tokens.
const generations = 50

// code is AWS's word for an error, "" when it has none.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// noRoom are the errors of a subnet where another one may do.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
var noRoom = []string{"InsufficientInstanceCapacity", "InsufficientFreeAddressesInSubnet", "Unsupported"}

// start starts a machine in the first subnet that has room for it. The token
// follows from what is asked for, so that two runs start one machine; that of a
// machine that has ended is of no more use, and the next generation's is taken.
func (b *Bakery) start(ctx context.Context, r Recipe, key, purpose, image, group, script string) (id string, err error) {
	for _, subnet := range r.Subnets {
		in := b.machine(r, key, purpose, image, group, subnet, script)
		for generation := range generations {
			in.ClientToken = aws.String(token(purpose, key, image, group, subnet, r.Type, script, fmt.Sprint(generation)))
			var out *ec2.RunInstancesOutput
			if out, err = b.EC2.RunInstances(ctx, in); err == nil {
				return aws.ToString(out.Instances[0].InstanceId), nil
			}
			if c := code(err); c != "IdempotentInstanceTerminated" && c != "IdempotentParameterMismatch" {
				break
			}
		}
		if !slices.Contains(noRoom, code(err)) {
			return "", err
		}
	}
	return "", err
}

func token(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// machine has no role: it may do nothing in AWS, and nobody gets into it. It ends
// when its own clock says so. The volume's size is the image's.
func (b *Bakery) machine(r Recipe, key, purpose, image, group, subnet, script string) *ec2.RunInstancesInput {
	tags := b.labels(map[string]string{
		engine.TagEnvironment: b.Environment, tagPurpose: purpose, TagRecipe: key,
		"Name": b.Project + "-" + b.Environment + "-" + purpose,
	})
	return &ec2.RunInstancesInput{
		MinCount: aws.Int32(1), MaxCount: aws.Int32(1), ImageId: aws.String(image), InstanceType: types.InstanceType(r.Type),
		UserData:                          aws.String(base64.StdEncoding.EncodeToString([]byte(script))),
		InstanceInitiatedShutdownBehavior: types.ShutdownBehaviorTerminate,
		NetworkInterfaces: []types.InstanceNetworkInterfaceSpecification{{
			DeviceIndex: aws.Int32(0), SubnetId: aws.String(subnet), Groups: []string{group},
			AssociatePublicIpAddress: aws.Bool(true), DeleteOnTermination: aws.Bool(true),
		}},
		BlockDeviceMappings: []types.BlockDeviceMapping{{
			DeviceName: aws.String(device),
			Ebs:        &types.EbsBlockDevice{VolumeType: types.VolumeTypeGp3, Encrypted: aws.Bool(true), DeleteOnTermination: aws.Bool(true)},
		}},
		MetadataOptions: &types.InstanceMetadataOptionsRequest{HttpTokens: types.HttpTokensStateRequired, HttpPutResponseHopLimit: aws.Int32(1)},
		TagSpecifications: []types.TagSpecification{
			{ResourceType: types.ResourceTypeInstance, Tags: tags}, {ResourceType: types.ResourceTypeVolume, Tags: tags},
		},
	}
}

// openNothing makes the machines' security group, which lets nothing in. Its
// name is unique in the network: that of another run will do.
func (b *Bakery) openNothing(ctx context.Context, vpc string) error {
	name := b.Project + "-" + b.Environment + "-image"
	_, err := b.EC2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		GroupName: aws.String(name), VpcId: aws.String(vpc), Description: aws.String("Makes images: no way in"),
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeSecurityGroup, Tags: b.labels(map[string]string{
			engine.TagEnvironment: b.Environment, tagPurpose: builder, "Name": name,
		})}},
	})
	if keyedin.Classify(err) == engine.Conflict {
		return errNotYet
	}
	return err
}

// errNotYet is that something which was made a moment ago is not seen yet.
var errNotYet = errors.New("not seen yet")

// freeze makes an image of a stopped builder. AWS has no token for that, but the
// name is unique: that there is one means that an answer was lost.
func (b *Bakery) freeze(ctx context.Context, r Recipe, key, machine string) error {
	tags := b.labels(map[string]string{
		keyedin.TagImage: untested, TagRecipe: key, TagBase: r.Base, "Name": b.name(key),
	})
	_, err := b.EC2.CreateImage(ctx, &ec2.CreateImageInput{
		InstanceId: aws.String(machine), Name: aws.String(b.name(key)),
		Description: aws.String(fmt.Sprintf("Made by keyedin from %s, recipe %s", r.Base, key)),
		TagSpecifications: []types.TagSpecification{
			{ResourceType: types.ResourceTypeImage, Tags: tags}, {ResourceType: types.ResourceTypeSnapshot, Tags: tags},
		},
	})
	if code(err) == "InvalidAMIName.Duplicate" {
		return errNotYet
	}
	return err
}

// mark sets a tag.
func (b *Bakery) mark(ctx context.Context, key, value string, ids ...string) error {
	_, err := b.EC2.CreateTags(ctx, &ec2.CreateTagsInput{Resources: ids, Tags: tagList(map[string]string{key: value})})
	return err
}
