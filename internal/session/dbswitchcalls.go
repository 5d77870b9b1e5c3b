package session

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// tag sets and takes away tags. RDS keeps them with whatever they are on when
// its name changes.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RenameInstance.html
func (d Databases) tag(name, arn string, set map[string]string, unset []string) step {
	return step{fmt.Sprintf("Marking %s", name), func(ctx context.Context) error {
		if len(set) > 0 {
			in := &rds.AddTagsToResourceInput{ResourceName: aws.String(arn), Tags: tagList(set)}
			if _, err := d.RDS.AddTagsToResource(ctx, in); err != nil {
				return err
			}
		}
		if len(unset) == 0 {
			return nil
		}
		_, err := d.RDS.RemoveTagsFromResource(ctx, &rds.RemoveTagsFromResourceInput{ResourceName: aws.String(arn), TagKeys: unset})
		return err
	}}
}

// rename gives a cluster another name, and so its endpoints.
func (d Databases) rename(c Cluster, to string) step {
	return step{fmt.Sprintf("Renaming the cluster %s to %s", c.Name, to), func(ctx context.Context) error {
		_, err := d.RDS.ModifyDBCluster(ctx, &rds.ModifyDBClusterInput{
			DBClusterIdentifier: aws.String(c.Name), NewDBClusterIdentifier: aws.String(to), ApplyImmediately: aws.Bool(true),
		})
		return err
	}}
}

// renameInstance gives an instance another name; it reboots for it.
func (d Databases) renameInstance(i Instance, to string) step {
	return step{fmt.Sprintf("Renaming the instance %s to %s", i.Name, to), func(ctx context.Context) error {
		_, err := d.RDS.ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{
			DBInstanceIdentifier: aws.String(i.Name), NewDBInstanceIdentifier: aws.String(to), ApplyImmediately: aws.Bool(true),
		})
		return err
	}}
}

// logs has RDS copy these logs to CloudWatch, and no others.
func (d Databases) logs(c Cluster, want []string) step {
	return step{fmt.Sprintf("Setting which logs of %s are kept", c.Name), func(ctx context.Context) error {
		without := func(list, other []string) []string {
			return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(other, s) })
		}
		_, err := d.RDS.ModifyDBCluster(ctx, &rds.ModifyDBClusterInput{
			DBClusterIdentifier: aws.String(c.Name), ApplyImmediately: aws.Bool(true),
			CloudwatchLogsExportConfiguration: &types.CloudwatchLogsExportConfiguration{
				EnableLogTypes: without(want, c.Logs), DisableLogTypes: without(c.Logs, want),
			},
		})
		return err
	}}
}
