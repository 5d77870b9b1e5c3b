package session

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Databases are the Aurora clusters of an environment: the one that its
// application uses, and those beside it, which were restored or replaced.
type Databases struct {
	RDS     *rds.Client
	Secrets *secretsmanager.Client
	// Name is the identifier of the cluster that the application uses.
	Name string
	// Tags say whose the clusters and snapshots are. They give no address, so that
	// what is beside the application's own is never planned, changed or destroyed.
	Tags map[string]string
	// Pause is the clock of what is waited for; its error ends the wait, and
	// nothing of what AWS is at.
	Pause func(context.Context, time.Duration) error
	// Tell hears of what is done and waited for.
	Tell func(string)
}

// Tags on clusters that are not the application's own, or were not once.
const (
	// TagRestored says what a cluster was restored from.
	TagRestored = "restored-from"
	// TagWas is the name that a cluster had before it became the application's.
	TagWas = "was"
	// TagReplaced is the resource id of the cluster that takes a cluster's place.
	TagReplaced = "replaced-by"
)

// States of clusters, instances, snapshots and secrets.
const (
	available = "available"
	deleting  = "deleting"
	active    = "active"
)

// Cluster is an Aurora cluster as it is.
type Cluster struct {
	Name       string `json:"name"`
	State      string `json:"state"`
	Version    string `json:"version"`
	Host       string `json:"host"`
	Reader     string `json:"reader"`
	Port       int    `json:"port"`
	User       string `json:"user"`
	Database   string `json:"database,omitempty"`
	ARN        string `json:"arn"`
	ResourceID string `json:"resource-id"`
	// Secret is the ARN of what holds the password; SecretState is creating,
	// active, rotating or impaired.
	Secret      string    `json:"secret,omitempty"`
	SecretState string    `json:"secret-state,omitempty"`
	Created     time.Time `json:"created"`
	// Earliest and Latest are the times that it can be restored to.
	Earliest  time.Time         `json:"earliest-restorable,omitzero"`
	Latest    time.Time         `json:"latest-restorable,omitzero"`
	Protected bool              `json:"protected"`
	Instances []Instance        `json:"instances"`
	Logs      []string          `json:"-"`
	Tags      map[string]string `json:"-"`
}

// Instance is a machine of a cluster.
type Instance struct {
	Name   string            `json:"name"`
	State  string            `json:"state"`
	Class  string            `json:"class"`
	Writer bool              `json:"writer"`
	ARN    string            `json:"-"`
	Tags   map[string]string `json:"-"`
}

// NoCluster reports a cluster that is not there, or not the environment's.
type NoCluster struct{ Name string }

func (e *NoCluster) Error() string {
	return fmt.Sprintf("the environment has no database cluster %q; `keyedin db clusters` lists them", e.Name)
}

// BadIdentifier reports a name that RDS does not take.
type BadIdentifier struct{ Name, Why string }

func (e *BadIdentifier) Error() string {
	return fmt.Sprintf("%q is no name that RDS takes: it %s", e.Name, e.Why)
}

// longestIdentifier is for all of RDS's names.
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBClusterSnapshot.html
const longestIdentifier = 63

var identifier = regexp.MustCompile(`^[A-Za-z](-?[A-Za-z0-9])*$`)

// CheckIdentifier tells whether RDS takes a name; its error is a BadIdentifier.
func CheckIdentifier(name string) error { return checkIdentifier(name, longestIdentifier) }

func checkIdentifier(name string, longest int) error {
	switch {
	case len(name) > longest:
		return &BadIdentifier{name, fmt.Sprintf("has %d characters, and %d fit", len(name), longest)}
	case !identifier.MatchString(name):
		return &BadIdentifier{name, "must begin with a letter, have letters, digits and single hyphens only, and not end with a hyphen"}
	}
	return nil
}

// Own reads the cluster that the application uses; its error may be a NoCluster.
func (d Databases) Own(ctx context.Context) (Cluster, error) { return d.Get(ctx, d.Name) }

// Get reads one of the environment's clusters with its instances; its error may
// be a NoCluster.
func (d Databases) Get(ctx context.Context, name string) (Cluster, error) {
	found, err := d.read(ctx, types.Filter{Name: aws.String("db-cluster-id"), Values: []string{name}})
	if err == nil && len(found) == 0 {
		err = &NoCluster{name}
	}
	if err != nil {
		return Cluster{}, err
	}
	return found[0], nil
}

// List reads all clusters of the environment with their instances: first the
// application's own, then the others by name.
func (d Databases) List(ctx context.Context) ([]Cluster, error) {
	found, err := d.read(ctx)
	slices.SortFunc(found, func(a, b Cluster) int {
		switch d.Name {
		case a.Name:
			return -1
		case b.Name:
			return 1
		}
		return cmp.Compare(a.Name, b.Name)
	})
	return found, err
}

func (d Databases) ours(tags map[string]string) bool {
	return tags[engine.TagProject] == d.Tags[engine.TagProject] && tags[engine.TagEnvironment] == d.Tags[engine.TagEnvironment]
}

// read reads clusters that are the environment's, by their tags.
func (d Databases) read(ctx context.Context, filters ...types.Filter) ([]Cluster, error) {
	var all []Cluster
	pages := rds.NewDescribeDBClustersPaginator(d.RDS, &rds.DescribeDBClustersInput{Filters: filters})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, c := range page.DBClusters {
			if one := clusterOf(c); d.ours(one.Tags) {
				all = append(all, one)
			}
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	return all, d.instances(ctx, all)
}

// instances fills in the instances of clusters.
func (d Databases) instances(ctx context.Context, clusters []Cluster) error {
	var names []string
	for _, c := range clusters {
		names = append(names, c.Name)
	}
	pages := rds.NewDescribeDBInstancesPaginator(d.RDS, &rds.DescribeDBInstancesInput{
		Filters: []types.Filter{{Name: aws.String("db-cluster-id"), Values: names}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, i := range page.DBInstances {
			n := slices.Index(names, aws.ToString(i.DBClusterIdentifier))
			if n < 0 {
				continue
			}
			c := &clusters[n]
			one := Instance{
				Name: aws.ToString(i.DBInstanceIdentifier), State: aws.ToString(i.DBInstanceStatus), Class: aws.ToString(i.DBInstanceClass),
				ARN: aws.ToString(i.DBInstanceArn), Tags: tagsOf(i.TagList),
			}
			if at := slices.IndexFunc(c.Instances, func(known Instance) bool { return known.Name == one.Name }); at >= 0 {
				one.Writer = c.Instances[at].Writer
				c.Instances[at] = one
			} else {
				c.Instances = append(c.Instances, one)
			}
		}
	}
	return nil
}

func clusterOf(c types.DBCluster) Cluster {
	one := Cluster{
		Name: aws.ToString(c.DBClusterIdentifier), State: aws.ToString(c.Status), Version: aws.ToString(c.EngineVersion),
		Host: aws.ToString(c.Endpoint), Reader: aws.ToString(c.ReaderEndpoint), Port: int(aws.ToInt32(c.Port)),
		User: aws.ToString(c.MasterUsername), Database: aws.ToString(c.DatabaseName),
		ARN: aws.ToString(c.DBClusterArn), ResourceID: aws.ToString(c.DbClusterResourceId),
		Created: aws.ToTime(c.ClusterCreateTime), Earliest: aws.ToTime(c.EarliestRestorableTime), Latest: aws.ToTime(c.LatestRestorableTime),
		Protected: aws.ToBool(c.DeletionProtection), Logs: c.EnabledCloudwatchLogsExports,
		Instances: []Instance{}, Tags: tagsOf(c.TagList),
	}
	if s := c.MasterUserSecret; s != nil {
		one.Secret, one.SecretState = aws.ToString(s.SecretArn), aws.ToString(s.SecretStatus)
	}
	for _, m := range c.DBClusterMembers {
		one.Instances = append(one.Instances, Instance{Name: aws.ToString(m.DBInstanceIdentifier), Writer: aws.ToBool(m.IsClusterWriter)})
	}
	return one
}

func tagsOf(list []types.Tag) map[string]string {
	tags := map[string]string{}
	for _, t := range list {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return tags
}

// fitted is a name of at most limit characters out of a base, which is cut
// where it must be, and an end.
func fitted(limit int, base, end string) string {
	head := base[:min(len(base), limit-len(end)-1)]
	return strings.TrimRight(head, "-") + "-" + end
}
