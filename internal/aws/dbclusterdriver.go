package aws

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

type dbClusters struct{ *Clients }

func (d dbClusters) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[DBCluster], error) {
	wanted := names(scope, DBCluster{}.Kind())
	if len(wanted) == 0 {
		return nil, nil
	}
	var lives []engine.Live[DBCluster]
	// Asked by filter, clusters that are not there are simply missing.
	pages := rds.NewDescribeDBClustersPaginator(d.RDS, &rds.DescribeDBClustersInput{
		Filters: []types.Filter{{Name: aws.String("db-cluster-id"), Values: wanted}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, c := range page.DBClusters {
			known, _ := scope.Find(DBCluster{}.Kind(), aws.ToString(c.DBClusterIdentifier))
			lives = append(lives, cluster(scope, c, wantedAs[DBCluster](known)))
		}
	}
	return lives, nil
}

// cluster is a cluster as RDS reports it, with the version put as it is wanted.
func cluster(scope engine.Scope, c types.DBCluster, wanted DBCluster) engine.Live[DBCluster] {
	live := engine.Live[DBCluster]{ID: aws.ToString(c.DBClusterIdentifier), Spec: clusterSpec(c)}
	live.Spec.Version = asWanted(live.Spec.Version, wanted.Version)
	live.Status, live.Reason = dbStatus(aws.ToString(c.Status))
	switch {
	case aws.ToString(c.Status) == stopped:
		live.Reason += "; start it: aws rds start-db-cluster --db-cluster-identifier " + live.ID
	case live.Status == engine.Ready && isApplying(c.PendingModifiedValues, live.Spec, wanted):
		live.Status, live.Reason = engine.Pending, "RDS is still applying the change"
	case live.Status == engine.Ready && wanted.ManagedPassword && c.MasterUserSecret != nil && aws.ToString(c.MasterUserSecret.SecretStatus) == "creating":
		live.Status, live.Reason = engine.Pending, "RDS is making the secret of the master user"
	}
	live.Attrs = clusterAttrs(c)
	belongs(scope, &live, fromRDS(c.TagList))
	return live
}

func clusterSpec(c types.DBCluster) DBCluster {
	s := DBCluster{
		Name: aws.ToString(c.DBClusterIdentifier), Engine: aws.ToString(c.Engine), Version: aws.ToString(c.EngineVersion),
		SubnetGroup:    engine.ID[DBSubnetGroup](aws.ToString(c.DBSubnetGroup)),
		ParameterGroup: engine.ID[DBClusterParameterGroup](aws.ToString(c.DBClusterParameterGroup)),
		Encrypted:      aws.ToBool(c.StorageEncrypted), User: aws.ToString(c.MasterUsername),
		ManagedPassword: c.MasterUserSecret != nil, BackupDays: int(aws.ToInt32(c.BackupRetentionPeriod)),
		BackupWindow: aws.ToString(c.PreferredBackupWindow), MaintenanceWindow: strings.ToLower(aws.ToString(c.PreferredMaintenanceWindow)),
		DeletionProtection: aws.ToBool(c.DeletionProtection), LogExports: c.EnabledCloudwatchLogsExports,
		IAMAuth: aws.ToBool(c.IAMDatabaseAuthenticationEnabled), CopyTags: aws.ToBool(c.CopyTagsToSnapshot),
		Port: int(aws.ToInt32(c.Port)),
	}
	for _, g := range c.VpcSecurityGroups {
		if aws.ToString(g.Status) != "removing" {
			s.SecurityGroups = append(s.SecurityGroups, engine.ID[SecurityGroup](aws.ToString(g.VpcSecurityGroupId)))
		}
	}
	if v := c.ServerlessV2ScalingConfiguration; v != nil {
		s.Serverless = Capacity{Min: aws.ToFloat64(v.MinCapacity), Max: aws.ToFloat64(v.MaxCapacity)}
	}
	return s
}

func clusterAttrs(c types.DBCluster) map[string]any {
	attrs := map[string]any{}
	for name, value := range map[string]*string{
		"arn": c.DBClusterArn, "endpoint": c.Endpoint, "reader-endpoint": c.ReaderEndpoint, "resource-id": c.DbClusterResourceId,
	} {
		if aws.ToString(value) != "" {
			attrs[name] = *value
		}
	}
	if c.MasterUserSecret != nil && c.MasterUserSecret.SecretArn != nil {
		attrs["secret-arn"] = *c.MasterUserSecret.SecretArn
	}
	for _, m := range c.DBClusterMembers {
		if aws.ToBool(m.IsClusterWriter) {
			attrs["writer"] = aws.ToString(m.DBInstanceIdentifier)
		}
	}
	return attrs
}

// isApplying reports whether a change that is wanted is on its way. What waits
// for the maintenance window and is not wanted does not count.
func isApplying(p *types.ClusterPendingModifiedValues, is, wanted DBCluster) bool {
	if p == nil {
		return false
	}
	return p.EngineVersion != nil && is.Version != wanted.Version ||
		p.BackupRetentionPeriod != nil && is.BackupDays != wanted.BackupDays ||
		p.IAMDatabaseAuthenticationEnabled != nil && is.IAMAuth != wanted.IAMAuth ||
		p.PendingCloudwatchLogsExports != nil && !sameSet(is.LogExports, wanted.LogExports)
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func (d dbClusters) Create(ctx context.Context, id engine.Identity, s DBCluster) error {
	version, err := d.fullVersion(ctx, s.Engine, s.Version)
	if err != nil {
		return err
	}
	in := &rds.CreateDBClusterInput{
		DBClusterIdentifier: aws.String(s.Name), Engine: aws.String(s.Engine), EngineVersion: aws.String(version),
		DBSubnetGroupName: aws.String(s.SubnetGroup.ID()), DBClusterParameterGroupName: aws.String(s.ParameterGroup.ID()),
		VpcSecurityGroupIds: ids(s.SecurityGroups), StorageEncrypted: aws.Bool(s.Encrypted),
		MasterUsername: aws.String(s.User), ManageMasterUserPassword: aws.Bool(s.ManagedPassword),
		BackupRetentionPeriod: aws.Int32(int32(s.BackupDays)), DeletionProtection: aws.Bool(s.DeletionProtection),
		EnableCloudwatchLogsExports: s.LogExports, EnableIAMDatabaseAuthentication: aws.Bool(s.IAMAuth),
		CopyTagsToSnapshot: aws.Bool(s.CopyTags), Port: aws.Int32(int32(s.Port)), Tags: toRDS(id.Tags),
		PreferredBackupWindow: orNil(s.BackupWindow), PreferredMaintenanceWindow: orNil(s.MaintenanceWindow),
		ServerlessV2ScalingConfiguration: s.Serverless.toRDS(),
	}
	_, err = d.RDS.CreateDBCluster(ctx, in)
	return d.whileServiceIsNew(ctx, RDSService, err)
}

// orNil leaves a text out that is empty.
func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return aws.String(s)
}

func (c Capacity) toRDS() *types.ServerlessV2ScalingConfiguration {
	if c == (Capacity{}) {
		return nil
	}
	return &types.ServerlessV2ScalingConfiguration{MinCapacity: aws.Float64(c.Min), MaxCapacity: aws.Float64(c.Max)}
}

func (d dbClusters) Update(ctx context.Context, is engine.Live[DBCluster], want DBCluster, changed engine.Fields) error {
	in := clusterChange(is.Spec, want, changed)
	in.DBClusterIdentifier = aws.String(is.ID)
	if changed.Has("version") {
		version, err := d.fullVersion(ctx, want.Engine, want.Version)
		if err != nil {
			return err
		}
		in.EngineVersion = aws.String(version)
		if major(version) != major(is.Spec.Version) { // which takes the parameters of that major too
			in.AllowMajorVersionUpgrade = aws.Bool(true)
			in.DBClusterParameterGroupName = aws.String(want.ParameterGroup.ID())
		}
	}
	_, err := d.RDS.ModifyDBCluster(ctx, in)
	return err
}

// clusterChange asks for the changed fields, all but the version, at once. What
// waits for the maintenance window goes with it.
func clusterChange(is, want DBCluster, changed engine.Fields) *rds.ModifyDBClusterInput {
	in := &rds.ModifyDBClusterInput{ApplyImmediately: aws.Bool(true)}
	for field, set := range map[string]func(){
		"parameter-group":     func() { in.DBClusterParameterGroupName = aws.String(want.ParameterGroup.ID()) },
		"security-groups":     func() { in.VpcSecurityGroupIds = ids(want.SecurityGroups) },
		"managed-password":    func() { in.ManageMasterUserPassword = aws.Bool(want.ManagedPassword) },
		"backup-days":         func() { in.BackupRetentionPeriod = aws.Int32(int32(want.BackupDays)) },
		"backup-window":       func() { in.PreferredBackupWindow = orNil(want.BackupWindow) },
		"maintenance-window":  func() { in.PreferredMaintenanceWindow = orNil(want.MaintenanceWindow) },
		"deletion-protection": func() { in.DeletionProtection = aws.Bool(want.DeletionProtection) },
		"iam-auth":            func() { in.EnableIAMDatabaseAuthentication = aws.Bool(want.IAMAuth) },
		"copy-tags":           func() { in.CopyTagsToSnapshot = aws.Bool(want.CopyTags) },
		"serverless":          func() { in.ServerlessV2ScalingConfiguration = want.Serverless.toRDS() },
		"port":                func() { in.Port = aws.Int32(int32(want.Port)) },
		"log-exports": func() {
			in.CloudwatchLogsExportConfiguration = &types.CloudwatchLogsExportConfiguration{
				EnableLogTypes: without(want.LogExports, is.LogExports), DisableLogTypes: without(is.LogExports, want.LogExports),
			}
		},
	} {
		if changed.Has(field) {
			set()
		}
	}
	return in
}

func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(other, s) })
}

func (d dbClusters) Tag(ctx context.Context, id string, set map[string]string, unset []string) error {
	c, err := d.find(ctx, id)
	if c == nil || err != nil {
		return err
	}
	return d.tagRDS(ctx, c.DBClusterArn, set, unset)
}

// find returns nil when there is no cluster of that name.
func (d dbClusters) find(ctx context.Context, name string) (*types.DBCluster, error) {
	out, err := d.RDS.DescribeDBClusters(ctx, &rds.DescribeDBClustersInput{DBClusterIdentifier: aws.String(name)})
	switch {
	case Classify(err) == engine.NotFound:
		return nil, nil
	case err != nil || len(out.DBClusters) == 0:
		return nil, err
	}
	return &out.DBClusters[0], nil
}
