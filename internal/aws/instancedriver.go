package aws

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

type instances struct{ ec2Kind }

// Read asks by address too: the instances of a group carry the environment's
// tags and are the group's. Those that have ended are listed by AWS for another
// hour and left out.
func (d instances) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[Instance], error) {
	pages := ec2.NewDescribeInstancesPaginator(d.EC2, &ec2.DescribeInstancesInput{Filters: append(ours(scope),
		types.Filter{Name: aws.String("tag:" + engine.TagAddress), Values: []string{"instance/*"}},
		types.Filter{Name: aws.String("instance-state-name"), Values: []string{"pending", "running", "shutting-down", "stopping", "stopped"}},
	)})
	byID := map[string]types.Instance{}
	var found []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Reservations {
			for _, i := range r.Instances {
				id := aws.ToString(i.InstanceId)
				byID[id], found = i, append(found, id)
			}
		}
	}
	return each(ctx, found, func(ctx context.Context, id string) (*engine.Live[Instance], error) {
		return d.live(ctx, scope, byID[id])
	})
}

func (d instances) live(ctx context.Context, scope engine.Scope, i types.Instance) (*engine.Live[Instance], error) {
	live := &engine.Live[Instance]{ID: aws.ToString(i.InstanceId), Tags: fromEC2(i.Tags), Spec: instanceOf(i)}
	live.Address = live.Tags[engine.TagAddress]
	live.Attrs = map[string]any{"public-ip": aws.ToString(i.PublicIpAddress), "public-dns": aws.ToString(i.PublicDnsName)}
	if i.StateReason != nil {
		live.Reason = aws.ToString(i.StateReason.Message)
	}
	switch i.State.Name {
	case types.InstanceStateNameShuttingDown:
		live.Status = engine.Deleting
		return live, nil
	case types.InstanceStateNamePending, types.InstanceStateNameStopping:
		live.Status = engine.Pending
	case types.InstanceStateNameStopped:
		// Somebody saves money. Its address comes back when it is started.
		live.Spec.PublicIP = wantsPublicIP(scope, live.Address)
	}
	if err := d.look(ctx, i, &live.Spec); err != nil {
		return nil, unlessGone(err) // half of it would look like another instance
	}
	if live.Spec.Disk == (Disk{}) && live.Status == engine.Ready {
		live.Status, live.Reason = engine.Pending, "EC2 does not list its disk yet"
	}
	return live, nil
}

// look reads what the listing does not have.
func (d instances) look(ctx context.Context, i types.Instance, s *Instance) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		out, err := d.EC2.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{
			InstanceId: i.InstanceId, Attribute: types.InstanceAttributeNameUserData,
		})
		if err == nil && out.UserData != nil {
			s.UserData = engine.Known(decoded(out.UserData.Value))
		}
		return err
	})
	group.Go(func() error {
		out, err := d.EC2.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{Filters: []types.Filter{
			{Name: aws.String("attachment.instance-id"), Values: []string{aws.ToString(i.InstanceId)}},
			{Name: aws.String("attachment.device"), Values: []string{aws.ToString(i.RootDeviceName)}},
		}})
		if err == nil && len(out.Volumes) > 0 {
			v := out.Volumes[0]
			s.Disk = Disk{
				Device: aws.ToString(i.RootDeviceName), Size: int(aws.ToInt32(v.Size)),
				Type: string(v.VolumeType), Encrypted: aws.ToBool(v.Encrypted),
			}
		}
		return err
	})
	return group.Wait()
}

func (d instances) Create(ctx context.Context, id engine.Identity, s Instance) error {
	in := &ec2.RunInstancesInput{
		ClientToken: aws.String(id.Token), MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		ImageId: aws.String(s.Image), InstanceType: types.InstanceType(s.Type),
		IamInstanceProfile: &types.IamInstanceProfileSpecification{Name: aws.String(s.Profile.ID())},
		NetworkInterfaces: []types.InstanceNetworkInterfaceSpecification{{
			DeviceIndex: aws.Int32(0), SubnetId: aws.String(s.Subnet.ID()), Groups: ids(s.SecurityGroups),
			AssociatePublicIpAddress: aws.Bool(s.PublicIP), DeleteOnTermination: aws.Bool(true),
		}},
		BlockDeviceMappings: []types.BlockDeviceMapping{{
			DeviceName: aws.String(s.Disk.Device),
			Ebs: &types.EbsBlockDevice{
				VolumeSize: aws.Int32(int32(s.Disk.Size)), VolumeType: types.VolumeType(s.Disk.Type),
				Encrypted: aws.Bool(s.Disk.Encrypted), DeleteOnTermination: aws.Bool(true),
			},
		}},
		MetadataOptions: &types.InstanceMetadataOptionsRequest{
			HttpTokens: types.HttpTokensState(s.Metadata.Tokens), HttpPutResponseHopLimit: aws.Int32(int32(s.Metadata.HopLimit)),
		},
		TagSpecifications: tagged(named(id, s.Name), types.ResourceTypeInstance, types.ResourceTypeVolume),
	}
	if text := s.UserData.MustGet(); text != "" {
		in.UserData = encoded(text)
	}
	if key := s.Key.MustGet(); key != "" {
		in.KeyName = aws.String(key)
	}
	_, err := d.EC2.RunInstances(ctx, in)
	return d.whileNew(ctx, s.Profile.ID(), err)
}

func (d instances) Update(ctx context.Context, is engine.Live[Instance], want Instance, changed engine.Fields) error {
	if changed.Has("name") {
		if err := d.tagEC2(ctx, is.ID, map[string]string{"Name": want.Name}, nil); err != nil {
			return err
		}
	}
	if changed.Has("security-groups") {
		if _, err := d.EC2.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{
			InstanceId: aws.String(is.ID), Groups: ids(want.SecurityGroups),
		}); err != nil {
			return err
		}
	}
	if changed.Has("metadata") {
		if _, err := d.EC2.ModifyInstanceMetadataOptions(ctx, &ec2.ModifyInstanceMetadataOptionsInput{
			InstanceId: aws.String(is.ID), HttpTokens: types.HttpTokensState(want.Metadata.Tokens),
			HttpPutResponseHopLimit: aws.Int32(int32(want.Metadata.HopLimit)),
		}); err != nil {
			return err
		}
	}
	if changed.Has("profile") {
		return d.whileNew(ctx, want.Profile.ID(), d.profile(ctx, is.ID, want.Profile.ID()))
	}
	return nil
}

// profile gives the instance another instance profile, or its first.
func (d instances) profile(ctx context.Context, id, name string) error {
	profile := &types.IamInstanceProfileSpecification{Name: aws.String(name)}
	out, err := d.EC2.DescribeIamInstanceProfileAssociations(ctx, &ec2.DescribeIamInstanceProfileAssociationsInput{
		Filters: []types.Filter{
			{Name: aws.String("instance-id"), Values: []string{id}},
			{Name: aws.String("state"), Values: []string{"associating", "associated"}},
		},
	})
	if err != nil {
		return err
	}
	if len(out.IamInstanceProfileAssociations) == 0 {
		_, err = d.EC2.AssociateIamInstanceProfile(ctx, &ec2.AssociateIamInstanceProfileInput{
			InstanceId: aws.String(id), IamInstanceProfile: profile,
		})
		return err
	}
	_, err = d.EC2.ReplaceIamInstanceProfileAssociation(ctx, &ec2.ReplaceIamInstanceProfileAssociationInput{
		AssociationId: out.IamInstanceProfileAssociations[0].AssociationId, IamInstanceProfile: profile,
	})
	return err
}

func (d instances) Delete(ctx context.Context, is engine.Live[Instance]) error {
	_, err := d.EC2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{is.ID}})
	return err
}

// instanceOf is an instance as the listing has it: without user data and disk.
func instanceOf(i types.Instance) Instance {
	s := Instance{
		Name: fromEC2(i.Tags)["Name"], Image: aws.ToString(i.ImageId), Type: string(i.InstanceType),
		Subnet: engine.ID[Subnet](aws.ToString(i.SubnetId)), Key: engine.Known(aws.ToString(i.KeyName)),
		PublicIP: aws.ToString(i.PublicIpAddress) != "",
	}
	for _, g := range i.SecurityGroups {
		s.SecurityGroups = append(s.SecurityGroups, engine.ID[SecurityGroup](aws.ToString(g.GroupId)))
	}
	if p := i.IamInstanceProfile; p != nil {
		s.Profile = engine.ID[InstanceProfile](profileName("", aws.ToString(p.Arn)))
	}
	if m := i.MetadataOptions; m != nil {
		s.Metadata = Metadata{Tokens: string(m.HttpTokens), HopLimit: int(aws.ToInt32(m.HttpPutResponseHopLimit))}
	}
	return s
}

// named adds the tag that consoles show as the name.
func named(id engine.Identity, name string) engine.Identity {
	id.Tags = maps.Clone(id.Tags)
	id.Tags["Name"] = name
	return id
}

// wantsPublicIP says what is wanted of an instance that cannot be asked.
func wantsPublicIP(s engine.Scope, address string) bool {
	i := slices.IndexFunc(s.Known, func(k engine.Expected) bool { return k.Address == address })
	if i < 0 {
		return false
	}
	wants, _ := s.Known[i].Document["public-ip"].(bool)
	return wants
}
