package image

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	keyedin "github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Left is what builds have left behind.
type Left struct {
	Machines []Machine `json:"machines"`
	Images   []Image   `json:"images"`
	Groups   []string  `json:"security-groups"`
	// Snapshots are those without an image; only Stock looks for them.
	Snapshots []Snapshot `json:"snapshots"`
}

// Snapshot is one that an image has left behind.
type Snapshot struct {
	ID string `json:"id"`
	GB int    `json:"gb"`
}

// Empty reports that nothing is left.
func (l Left) Empty() bool {
	return len(l.Machines)+len(l.Images)+len(l.Groups)+len(l.Snapshots) == 0
}

// Names are all of them in words.
func (l Left) Names() []string {
	var all []string
	for _, m := range l.Machines {
		all = append(all, m.Purpose+" "+m.ID)
	}
	for _, i := range l.Images {
		all = append(all, "untested image "+i.ID)
	}
	for _, g := range l.Groups {
		all = append(all, "security group "+g)
	}
	for _, s := range l.Snapshots {
		all = append(all, "snapshot "+s.ID)
	}
	return all
}

func (f found) left() Left {
	l := Left{Machines: []Machine{}, Images: []Image{}, Groups: append([]string{}, f.groups...), Snapshots: []Snapshot{}}
	l.Machines = append(l.Machines, f.machines...)
	for _, i := range f.images {
		if !i.Good {
			l.Images = append(l.Images, i)
		}
	}
	return l
}

// Machines are what builds have left in the environment's network.
func (b *Bakery) Machines(ctx context.Context) (Left, error) {
	f, err := b.look(ctx)
	l := f.left()
	l.Images = []Image{}
	return l, err
}

// giveUp removes what a failed build has made, and nothing of others. What was
// made a moment ago may be seen only at the second look.
func (w *build) giveUp(ctx context.Context) error {
	w.On("Removing what it has made")
	for range 10 {
		f, err := w.look(ctx)
		if err != nil {
			return err
		}
		w.last = f
		var mine []Machine
		for _, m := range f.machines {
			if m.Recipe == w.key {
				mine = append(mine, m)
			}
		}
		groups := f.groups
		if len(mine) < len(f.machines) {
			groups = nil // another build has use for it
		}
		images := slices.DeleteFunc(f.images, func(i Image) bool { return i.Good || i.Recipe != w.key })
		if len(mine)+len(images)+len(groups) == 0 {
			return nil
		}
		if err := w.clear(ctx, mine, images, groups); err != nil {
			return err
		}
	}
	return nil
}

// clear removes machines, waits until they are gone, and removes the rest.
func (b *Bakery) clear(ctx context.Context, machines []Machine, images []Image, groups []string) error {
	var ids []string
	for _, m := range machines {
		ids = append(ids, m.ID)
	}
	if err := b.end(ctx, ids...); err != nil {
		return err
	}
	for _, i := range images {
		if err := b.remove(ctx, i); err != nil {
			return err
		}
	}
	if err := b.ended(ctx, ids); err != nil {
		return err
	}
	for _, g := range groups {
		if err := b.close(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

// ended waits until machines are gone.
func (b *Bakery) ended(ctx context.Context, ids []string) error {
	pause := shortPause
	for waited := pause; len(ids) > 0; waited += pause {
		there, _, err := b.machines(ctx)
		if err != nil {
			return err
		}
		there = slices.DeleteFunc(there, func(m Machine) bool { return !slices.Contains(ids, m.ID) })
		if len(there) == 0 {
			return nil
		}
		if waited > stopTime {
			return fmt.Errorf("%v do not end; the next `keyedin image build` or `keyedin image prune` removes what is left", ids)
		}
		if err := b.Pause(ctx, pause); err != nil {
			return err
		}
		pause = min(pause*3/2, longestLook)
		for _, m := range there { // AWS may not have known it yet
			if m.State != "shutting-down" {
				if err := b.end(ctx, m.ID); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// end terminates machines; those that have ended do not mind.
func (b *Bakery) end(ctx context.Context, ids ...string) error {
	for _, id := range ids { // one that is not known would fail the call for all
		_, err := b.EC2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{id}})
		if err != nil && keyedin.Classify(err) != engine.NotFound {
			return err
		}
	}
	return nil
}

// close deletes the security group, once the last machine has let go of it.
func (b *Bakery) close(ctx context.Context, group string) error {
	pause := shortPause
	for waited := pause; ; waited += pause {
		_, err := b.EC2.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: aws.String(group)})
		switch keyedin.Classify(err) {
		case engine.NotFound:
			return nil
		case engine.Busy:
			if waited > stopTime {
				return err
			}
		default:
			return err
		}
		if err := b.Pause(ctx, pause); err != nil {
			return err
		}
		pause = min(pause*3/2, longestLook)
	}
}

// gone are the codes for an image and a snapshot that are not there.
var gone = []string{"InvalidAMIID.NotFound", "InvalidAMIID.Unavailable", "InvalidSnapshot.NotFound"}

// remove deregisters an image with its snapshots.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeregisterImage.html
func (b *Bakery) remove(ctx context.Context, i Image) error {
	out, err := b.EC2.DeregisterImage(ctx, &ec2.DeregisterImageInput{ImageId: aws.String(i.ID), DeleteAssociatedSnapshots: aws.Bool(true)})
	if err != nil {
		if slices.Contains(gone, code(err)) {
			return nil
		}
		return err
	}
	var errs []error
	for _, s := range out.DeleteSnapshotResults {
		if s.ReturnCode != types.SnapshotReturnCodesSuccess && s.ReturnCode != types.SnapshotReturnCodesWarnSkipped {
			errs = append(errs, fmt.Errorf("%s is gone, but AWS did not delete its snapshot %s: %s", i.ID, aws.ToString(s.SnapshotId), s.ReturnCode))
		}
	}
	return errors.Join(errs...)
}

func (b *Bakery) removeSnapshot(ctx context.Context, id string) error {
	_, err := b.EC2.DeleteSnapshot(ctx, &ec2.DeleteSnapshotInput{SnapshotId: aws.String(id)})
	if slices.Contains(gone, code(err)) {
		return nil
	}
	return err
}
