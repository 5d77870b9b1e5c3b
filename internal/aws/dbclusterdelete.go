package aws

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// NoSnapshot reports a cluster that cannot be deleted with a final snapshot,
// for the state it is in.
type NoSnapshot struct{ Cluster, State string }

func (e *NoSnapshot) Error() string {
	return fmt.Sprintf("the state of the database cluster %s is %s, in which RDS takes no final snapshot, and without one nothing is deleted here; "+
		"mend it, or give the data up: aws rds delete-db-cluster --db-cluster-identifier %s --skip-final-snapshot", e.Cluster, e.State, e.Cluster)
}

// Delete lifts the cluster's protection, for whoever asks has decided, and has
// RDS take a final snapshot, which carries the cluster's tags and stays.
func (d dbClusters) Delete(ctx context.Context, is engine.Live[DBCluster]) error {
	c, err := d.find(ctx, is.ID)
	if c == nil || err != nil {
		return err
	}
	state := aws.ToString(c.Status)
	switch status, _ := dbStatus(state); {
	case status == engine.Deleting:
		return nil
	case state == stopped:
		if err := d.start(ctx, is.ID); err != nil {
			return err
		}
	case status == engine.Failed || status == engine.Waiting:
		return &NoSnapshot{is.ID, state}
	}
	if aws.ToBool(c.DeletionProtection) {
		if _, err := d.RDS.ModifyDBCluster(ctx, &rds.ModifyDBClusterInput{
			DBClusterIdentifier: aws.String(is.ID), DeletionProtection: aws.Bool(false), ApplyImmediately: aws.Bool(true),
		}); err != nil {
			return err
		}
	}
	_, err = d.RDS.DeleteDBCluster(ctx, &rds.DeleteDBClusterInput{
		DBClusterIdentifier: aws.String(is.ID), FinalDBSnapshotIdentifier: aws.String(finalSnapshot(is.ID, time.Now())),
	})
	return err
}

// start starts a stopped cluster, which neither changes nor goes as long as it
// is stopped.
func (c *Clients) start(ctx context.Context, cluster string) error {
	_, err := c.RDS.StartDBCluster(ctx, &rds.StartDBClusterInput{DBClusterIdentifier: aws.String(cluster)})
	return err
}

// finalSnapshot is a name no snapshot has yet. RDS takes 63 characters, and no
// two hyphens in a row.
func finalSnapshot(cluster string, now time.Time) string {
	suffix := "-final-" + now.UTC().Format("20060102150405")
	head := cluster[:min(len(cluster), 63-len(suffix))]
	return strings.TrimRight(head, "-") + suffix
}
