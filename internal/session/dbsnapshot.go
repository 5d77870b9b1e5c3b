package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// Snapshot is a snapshot of an Aurora cluster. Kind is manual or automated; AWS
// deletes automated ones by itself, with their cluster at the latest.
type Snapshot struct {
	Name    string    `json:"name"`
	State   string    `json:"state"`
	Percent int       `json:"percent"`
	Kind    string    `json:"kind"`
	Cluster string    `json:"cluster"`
	Version string    `json:"version"`
	Created time.Time `json:"created,omitzero"`
	ARN     string    `json:"arn"`
	User    string    `json:"-"`
	Engine  string    `json:"-"`
	Locked  bool      `json:"encrypted"`
}

// NoSnapshot reports a snapshot that is not there; Near is what may have been meant.
type NoSnapshot struct {
	Name string
	Near []string
}

func (e *NoSnapshot) Error() string {
	text := fmt.Sprintf("there is no snapshot %q", e.Name)
	if len(e.Near) > 0 {
		text += "; is it " + strings.Join(e.Near, " or ") + "?"
	}
	return text + " `keyedin db snapshots` lists them"
}

// SnapshotTaken reports a name that a finished snapshot has already.
type SnapshotTaken struct{ Snapshot Snapshot }

func (e *SnapshotTaken) Error() string {
	return fmt.Sprintf("there is a snapshot %s already, of %s, made %s; give another name",
		e.Snapshot.Name, e.Snapshot.Cluster, e.Snapshot.Created.UTC().Format(time.DateTime))
}

// SnapshotFailed reports a snapshot that will never be one.
type SnapshotFailed struct{ Name, State string }

func (e *SnapshotFailed) Error() string {
	return fmt.Sprintf("the snapshot %s has the state %s and will not become available; "+
		"RDS's events say why: aws rds describe-events --source-type db-cluster-snapshot --duration 1440", e.Name, e.State)
}

const failed = "failed"

// Snapshots lists those of the environment's clusters, which may be gone by
// now, the newest first.
func (d Databases) Snapshots(ctx context.Context) ([]Snapshot, error) {
	clusters, err := d.List(ctx)
	if err != nil {
		return nil, err
	}
	names := []string{d.Name}
	for _, c := range clusters {
		if c.Name != d.Name {
			names = append(names, c.Name)
		}
	}
	var all []Snapshot
	pages := rds.NewDescribeDBClusterSnapshotsPaginator(d.RDS, &rds.DescribeDBClusterSnapshotsInput{
		Filters: []types.Filter{{Name: aws.String("db-cluster-id"), Values: names}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, s := range page.DBClusterSnapshots {
			all = append(all, snapshotOf(s))
		}
	}
	slices.SortFunc(all, func(a, b Snapshot) int {
		if c := b.Created.Compare(a.Created); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	return all, nil
}

// Snapshot reads one, by its name or its ARN; its error may be a NoSnapshot.
func (d Databases) Snapshot(ctx context.Context, name string) (Snapshot, error) {
	out, err := d.RDS.DescribeDBClusterSnapshots(ctx, &rds.DescribeDBClusterSnapshotsInput{
		DBClusterSnapshotIdentifier: aws.String(name),
		IncludeShared:               aws.Bool(strings.HasPrefix(name, "arn:")),
	})
	if _, none := errors.AsType[*types.DBClusterSnapshotNotFoundFault](err); none || err == nil && len(out.DBClusterSnapshots) == 0 {
		return Snapshot{}, d.missing(ctx, name)
	}
	if err != nil {
		return Snapshot{}, err
	}
	return snapshotOf(out.DBClusterSnapshots[0]), nil
}

func (d Databases) missing(ctx context.Context, name string) error {
	e := &NoSnapshot{Name: name}
	all, err := d.Snapshots(ctx)
	if err != nil {
		return e // what may have been meant is only a help
	}
	for _, s := range all {
		if len(e.Near) < 3 && (strings.Contains(s.Name, strings.ToLower(name)) || strings.Contains(name, s.Name)) {
			e.Near = append(e.Near, s.Name)
		}
	}
	return e
}

// SnapshotName is a name for a snapshot that is taken now.
func (d Databases) SnapshotName(now time.Time) string {
	return fitted(longestIdentifier, d.Name, now.UTC().Format(stamp))
}

// stamp is a time as a part of a name.
const stamp = "20060102-150405"

// CreateSnapshot starts a snapshot of the application's cluster. One of that
// name that is still being made is gone on with; its error may be a
// BadIdentifier, a SnapshotTaken or a NoCluster.
func (d Databases) CreateSnapshot(ctx context.Context, name string) (Snapshot, error) {
	if err := CheckIdentifier(name); err != nil {
		return Snapshot{}, err
	}
	name = strings.ToLower(name) // as RDS keeps it
	if _, err := d.Own(ctx); err != nil {
		return Snapshot{}, err
	}
	out, err := d.RDS.CreateDBClusterSnapshot(ctx, &rds.CreateDBClusterSnapshotInput{
		DBClusterIdentifier: aws.String(d.Name), DBClusterSnapshotIdentifier: aws.String(name), Tags: tagList(d.Tags),
	})
	if _, taken := errors.AsType[*types.DBClusterSnapshotAlreadyExistsFault](err); taken {
		is, err := d.Snapshot(ctx, name)
		if err == nil && (is.State != creating || is.Cluster != d.Name) {
			err = &SnapshotTaken{is}
		}
		return is, err
	}
	if err != nil {
		return Snapshot{}, err
	}
	return snapshotOf(*out.DBClusterSnapshot), nil
}

const creating = "creating"

// WaitSnapshot waits until a snapshot can be restored; its error may be a
// SnapshotFailed.
func (d Databases) WaitSnapshot(ctx context.Context, name string) (Snapshot, error) {
	for n := 0; ; n++ {
		s, err := d.Snapshot(ctx, name)
		if err != nil || s.State == available {
			return s, err
		}
		if s.State == failed || strings.HasPrefix(s.State, "incompatible") {
			return s, &SnapshotFailed{s.Name, s.State}
		}
		d.Tell(fmt.Sprintf("%s is %s, %d %%", s.Name, s.State, s.Percent))
		if err := d.pause(ctx, n); err != nil {
			return s, err
		}
	}
}

// pause waits before the next look: shortly at first, for what is quick.
func (d Databases) pause(ctx context.Context, n int) error {
	return d.Pause(ctx, min(time.Duration(n+1)*time.Second, longestLook))
}

const longestLook = 10 * time.Second

func snapshotOf(s types.DBClusterSnapshot) Snapshot {
	return Snapshot{
		Name: aws.ToString(s.DBClusterSnapshotIdentifier), State: aws.ToString(s.Status), Percent: int(aws.ToInt32(s.PercentProgress)),
		Kind: aws.ToString(s.SnapshotType), Cluster: aws.ToString(s.DBClusterIdentifier), Version: aws.ToString(s.EngineVersion),
		Created: aws.ToTime(s.SnapshotCreateTime), ARN: aws.ToString(s.DBClusterSnapshotArn), User: aws.ToString(s.MasterUsername),
		Engine: aws.ToString(s.Engine), Locked: aws.ToBool(s.StorageEncrypted),
	}
}

func tagList(tags map[string]string) []types.Tag {
	list := make([]types.Tag, 0, len(tags))
	for key, value := range tags {
		list = append(list, types.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	slices.SortFunc(list, func(a, b types.Tag) int { return strings.Compare(*a.Key, *b.Key) })
	return list
}

// tagsWith are tags and more of them, on top of each other.
func tagsWith(tags map[string]string, more ...string) map[string]string {
	all := make(map[string]string, len(tags)+len(more)/2)
	for key, value := range tags {
		all[key] = value
	}
	for i := 0; i+1 < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}
