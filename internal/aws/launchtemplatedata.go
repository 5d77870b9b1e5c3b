package aws

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// data is the template as EC2 takes it.
func (t LaunchTemplate) data() *types.RequestLaunchTemplateData {
	d := &types.RequestLaunchTemplateData{
		ImageId:            aws.String(t.Image),
		IamInstanceProfile: &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String(t.Profile.ID())},
		NetworkInterfaces: []types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{{
			DeviceIndex: aws.Int32(0), AssociatePublicIpAddress: aws.Bool(t.PublicIP),
			Groups: ids(t.SecurityGroups), DeleteOnTermination: aws.Bool(true),
		}},
		BlockDeviceMappings: []types.LaunchTemplateBlockDeviceMappingRequest{{
			DeviceName: aws.String(t.Disk.Device),
			Ebs: &types.LaunchTemplateEbsBlockDeviceRequest{
				VolumeSize: aws.Int32(int32(t.Disk.Size)), VolumeType: types.VolumeType(t.Disk.Type),
				Encrypted: aws.Bool(t.Disk.Encrypted), DeleteOnTermination: aws.Bool(true),
			},
		}},
		MetadataOptions: &types.LaunchTemplateInstanceMetadataOptionsRequest{
			HttpTokens:              types.LaunchTemplateHttpTokensState(t.Metadata.Tokens),
			HttpPutResponseHopLimit: aws.Int32(int32(t.Metadata.HopLimit)),
		},
		Monitoring: &types.LaunchTemplatesMonitoringRequest{Enabled: aws.Bool(t.Monitoring)},
	}
	if text := t.UserData.MustGet(); text != "" {
		d.UserData = encoded(text)
	}
	if key := t.Key.MustGet(); key != "" {
		d.KeyName = aws.String(key)
	}
	if len(t.InstanceTags) > 0 {
		for _, of := range []types.ResourceType{types.ResourceTypeInstance, types.ResourceTypeVolume} {
			d.TagSpecifications = append(d.TagSpecifications, types.LaunchTemplateTagSpecificationRequest{
				ResourceType: of, Tags: toEC2(t.InstanceTags),
			})
		}
	}
	return d
}

// templateOf is the way back. What no spec of ours can say is left out.
func templateOf(name string, d *types.ResponseLaunchTemplateData) LaunchTemplate {
	t := LaunchTemplate{
		Name: name, Image: aws.ToString(d.ImageId), UserData: engine.Known(decoded(d.UserData)),
		Key: engine.Known(aws.ToString(d.KeyName)), SecurityGroups: refs[SecurityGroup](d.SecurityGroupIds),
	}
	if p := d.IamInstanceProfile; p != nil {
		t.Profile = engine.ID[InstanceProfile](profileName(aws.ToString(p.Name), aws.ToString(p.Arn)))
	}
	for _, n := range d.NetworkInterfaces {
		if aws.ToInt32(n.DeviceIndex) == 0 {
			t.PublicIP = aws.ToBool(n.AssociatePublicIpAddress)
			t.SecurityGroups = refs[SecurityGroup](n.Groups)
		}
	}
	for _, b := range d.BlockDeviceMappings[:min(1, len(d.BlockDeviceMappings))] {
		t.Disk = Disk{Device: aws.ToString(b.DeviceName)}
		if b.Ebs != nil {
			t.Disk.Size, t.Disk.Type = int(aws.ToInt32(b.Ebs.VolumeSize)), string(b.Ebs.VolumeType)
			t.Disk.Encrypted = aws.ToBool(b.Ebs.Encrypted)
		}
	}
	if m := d.MetadataOptions; m != nil {
		t.Metadata = Metadata{Tokens: string(m.HttpTokens), HopLimit: int(aws.ToInt32(m.HttpPutResponseHopLimit))}
	}
	if m := d.Monitoring; m != nil {
		t.Monitoring = aws.ToBool(m.Enabled)
	}
	for _, s := range d.TagSpecifications {
		if s.ResourceType == types.ResourceTypeInstance {
			t.InstanceTags = fromEC2(s.Tags)
		}
	}
	return t
}

// equal reports whether two templates, in which everything is known, make the
// same instances.
func (t LaunchTemplate) equal(other LaunchTemplate) bool {
	return bytes.Equal(t.content(), other.content())
}

func (t LaunchTemplate) content() []byte {
	if len(t.InstanceTags) == 0 {
		t.InstanceTags = nil
	}
	raw, err := json.Marshal(t)
	if err != nil {
		panic("aws: a launch template that is not plain data: " + err.Error())
	}
	return raw
}

// token is the client token of the version that follows another one.
func (t LaunchTemplate) token(id string, after int64) string {
	sum := sha256.Sum256(fmt.Appendf(t.content(), "\n%s\n%d", id, after))
	return hex.EncodeToString(sum[:16])
}

func encoded(text string) *string { return aws.String(base64.StdEncoding.EncodeToString([]byte(text))) }

// decoded is the user data as text; what is not base64 stays as it is.
func decoded(data *string) string {
	text, err := base64.StdEncoding.DecodeString(aws.ToString(data))
	if err != nil {
		return aws.ToString(data)
	}
	return string(text)
}
