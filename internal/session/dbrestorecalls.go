package session

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	kinds "github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// startRestore makes the cluster. It exports no logs yet: RDS would make log
// groups of its present name, without an end to what they keep.
func (d Databases) startRestore(ctx context.Context, r Restore) error {
	if r.Snapshot != "" {
		return d.fromSnapshot(ctx, r)
	}
	return d.toTime(ctx, r)
}

// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBClusterFromSnapshot.html
func (d Databases) fromSnapshot(ctx context.Context, r Restore) error {
	s, err := d.Snapshot(ctx, r.Snapshot)
	if err == nil {
		err = r.snapshotFits(s)
	}
	if err != nil {
		return err
	}
	want := r.Shape.Cluster
	in := &rds.RestoreDBClusterFromSnapshotInput{
		DBClusterIdentifier: aws.String(r.As), SnapshotIdentifier: aws.String(s.reference()), Engine: aws.String(want.Engine),
		// Without a version RDS takes the region's default, which may be newer.
		EngineVersion:     aws.String(kinds.NewestVersion(s.Version, want.Version)),
		DBSubnetGroupName: aws.String(want.SubnetGroup.ID()), DBClusterParameterGroupName: aws.String(want.ParameterGroup.ID()),
		VpcSecurityGroupIds: groups(want), BackupRetentionPeriod: aws.Int32(int32(want.BackupDays)),
		DeletionProtection: aws.Bool(want.DeletionProtection), EnableIAMDatabaseAuthentication: aws.Bool(want.IAMAuth),
		CopyTagsToSnapshot: aws.Bool(want.CopyTags), Port: aws.Int32(int32(want.Port)),
		PreferredBackupWindow:            orNil(want.BackupWindow),
		ServerlessV2ScalingConfiguration: scaling(want.Serverless), Tags: tagList(tagsWith(d.Tags, TagRestored, r.Source())),
	}
	if want.Encrypted && !s.Locked {
		in.KmsKeyId = aws.String("alias/aws/rds")
	}
	d.Tell(fmt.Sprintf("Restoring the snapshot %s as %s", s.Name, r.As))
	_, err = d.RDS.RestoreDBClusterFromSnapshot(ctx, in)
	return unlessThere(err)
}

// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBClusterToPointInTime.html
func (d Databases) toTime(ctx context.Context, r Restore) error {
	from, err := d.Get(ctx, r.Cluster)
	if err == nil {
		err = r.timeFits(from)
	}
	if err != nil {
		return err
	}
	want := r.Shape.Cluster
	d.Tell(fmt.Sprintf("Restoring %s as it was at %s as %s", r.Cluster, r.At.UTC().Format(time.RFC3339), r.As))
	_, err = d.RDS.RestoreDBClusterToPointInTime(ctx, &rds.RestoreDBClusterToPointInTimeInput{
		DBClusterIdentifier: aws.String(r.As), SourceDBClusterIdentifier: aws.String(r.Cluster), RestoreToTime: aws.Time(r.At),
		DBSubnetGroupName: aws.String(want.SubnetGroup.ID()), DBClusterParameterGroupName: aws.String(want.ParameterGroup.ID()),
		VpcSecurityGroupIds: groups(want), BackupRetentionPeriod: aws.Int32(int32(want.BackupDays)),
		DeletionProtection: aws.Bool(want.DeletionProtection), EnableIAMDatabaseAuthentication: aws.Bool(want.IAMAuth),
		CopyTagsToSnapshot: aws.Bool(want.CopyTags), Port: aws.Int32(int32(want.Port)),
		PreferredBackupWindow:            orNil(want.BackupWindow),
		ServerlessV2ScalingConfiguration: scaling(want.Serverless), Tags: tagList(tagsWith(d.Tags, TagRestored, r.Source())),
	})
	return unlessThere(err)
}

// timeFits checks a time against what RDS has.
func (r Restore) timeFits(from Cluster) error {
	at := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	switch {
	case from.Earliest.IsZero() || from.Latest.IsZero():
		return &Unfit{from.Name, "RDS does not say yet which times it can be restored to; the first backup is not made. Try again in some minutes"}
	case r.At.Before(from.Earliest.Truncate(time.Second)) || r.At.After(from.Latest):
		return &Unfit{from.Name + " as it was at " + at(r.At), fmt.Sprintf("RDS has it from %s to %s", at(from.Earliest), at(from.Latest))}
	}
	return nil
}

// reference is how a snapshot is named in calls: one of another account by its ARN.
func (s Snapshot) reference() string {
	if s.Kind == "shared" {
		return s.ARN
	}
	return s.Name
}

func groups(c kinds.DBCluster) []string {
	var ids []string
	for _, g := range c.SecurityGroups {
		ids = append(ids, g.ID())
	}
	return ids
}

func scaling(c kinds.Capacity) *types.ServerlessV2ScalingConfiguration {
	if c == (kinds.Capacity{}) {
		return nil
	}
	return &types.ServerlessV2ScalingConfiguration{MinCapacity: aws.Float64(c.Min), MaxCapacity: aws.Float64(c.Max)}
}

// unlessThere forgives that a call which was sent twice has done its work.
func unlessThere(err error) error {
	if kinds.Classify(err) == engine.Conflict {
		return nil
	}
	return err
}
