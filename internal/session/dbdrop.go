package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// InUse reports a cluster that must not be deleted by itself.
type InUse struct{ Name, Why string }

func (e *InUse) Error() string { return fmt.Sprintf("%s cannot be dropped: %s", e.Name, e.Why) }

// Droppable reads a cluster beside the application's own, which may be deleted;
// its error may be a NoCluster or an InUse.
func (d Databases) Droppable(ctx context.Context, name string) (Cluster, error) {
	all, err := d.List(ctx)
	if err != nil {
		return Cluster{}, err
	}
	at := slices.IndexFunc(all, func(c Cluster) bool { return c.Name == name })
	if at < 0 {
		return Cluster{}, &NoCluster{name}
	}
	c := all[at]
	_, addressed := c.Tags[engine.TagAddress]
	switch {
	case c.Name == d.Name || addressed:
		return c, &InUse{name, "it is the environment's own, which `keyedin destroy` takes down with everything else"}
	case all[0].Name != d.Name:
		return c, &InUse{name, fmt.Sprintf("the environment's own, %s, is not there, so this may be all of its data. Make a cluster the environment's with: keyedin db switch NAME", d.Name)}
	}
	return c, nil
}

// Drop deletes a cluster beside the application's own with its instances, and
// leaves a final snapshot, whose name it gives. It looks, does what is to be
// done next and waits, so that the same call again goes on with a cut one.
func (d Databases) Drop(ctx context.Context, name string, now time.Time) (snapshot string, err error) {
	said := ""
	for n := 0; ; n++ {
		c, err := d.Get(ctx, name)
		if _, none := errors.AsType[*NoCluster](err); none && n > 0 {
			return snapshot, nil
		}
		if err != nil {
			return snapshot, err
		}
		if c.State != deleting {
			made, err := d.dropNext(ctx, c, now)
			if err != nil {
				return snapshot, err
			}
			if made != "" {
				snapshot = made
			}
		}
		if p := c.progress(); p != said {
			d.Tell(p)
			said = p
		}
		if err := d.pause(ctx, n); err != nil {
			return snapshot, err
		}
	}
}

// dropNext deletes the instances, and once they are gone the cluster.
func (d Databases) dropNext(ctx context.Context, c Cluster, now time.Time) (snapshot string, err error) {
	for _, i := range c.Instances {
		if i.State == deleting || i.State == "" {
			continue
		}
		_, err := d.RDS.DeleteDBInstance(ctx, &rds.DeleteDBInstanceInput{DBInstanceIdentifier: aws.String(i.Name), SkipFinalSnapshot: aws.Bool(true)})
		if err := unlessBusy(err); err != nil {
			return "", err
		}
	}
	if len(c.Instances) > 0 {
		return "", nil
	}
	if c.Protected {
		_, err := d.RDS.ModifyDBCluster(ctx, &rds.ModifyDBClusterInput{
			DBClusterIdentifier: aws.String(c.Name), DeletionProtection: aws.Bool(false), ApplyImmediately: aws.Bool(true),
		})
		return "", unlessBusy(err)
	}
	name := fitted(longestIdentifier, c.Name, "final-"+now.UTC().Format(stamp))
	_, err = d.RDS.DeleteDBCluster(ctx, &rds.DeleteDBClusterInput{
		DBClusterIdentifier: aws.String(c.Name), FinalDBSnapshotIdentifier: aws.String(name),
	})
	if err != nil {
		return "", unlessBusy(err)
	}
	return name, nil
}
