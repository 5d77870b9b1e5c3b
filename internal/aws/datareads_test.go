package aws

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
)

// TestReadsTakeFewCalls counts the calls that look at what is recorded, in an
// account with others' objects of the same kinds.
func TestReadsTakeFewCalls(t *testing.T) {
	b := bench.Start(t)
	c := NewClients(b.Config())
	_, cluster, _ := built(t, c)
	private, id := privateBucket()
	public := Bucket{Name: "keyedin-public", Versioned: true, PublicRead: true, Ownership: OwnerEnforced}
	for _, s := range []Bucket{private, public} {
		if err := c.EnsureBucket(t.Context(), s, id); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"keyedin/backend", "keyedin/nginx"} {
		if err := (repositories{c}).Create(t.Context(), id, Repository{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	others(t, c)
	known := func(kind, name string) engine.Expected {
		doc := engine.Document{"name": name, "keep": name == private.Name, "parameters": map[string]any{}}
		return engine.Expected{Kind: kind, Address: kind + "/x", ID: name, Document: doc, Applied: doc.JSON()}
	}
	scope := engine.NewScope(id.Project, id.Environment, []engine.Expected{
		known("bucket", private.Name), known("bucket", public.Name), known("repository", "keyedin/backend"), known("repository", "keyedin/nginx"),
		known("db-subnet-group", cluster.Spec.SubnetGroup.ID()), known("db-cluster-parameter-group", cluster.Spec.ParameterGroup.ID()),
		known("db-cluster", cluster.ID), known("db-instance", cluster.ID+"-1"),
	})
	for _, r := range []struct {
		kind         string
		read         func() (int, error)
		found, calls int
	}{
		{"bucket", reading(t, buckets{c}, scope), 2, 5 + 6},
		{"repository", reading(t, repositories{c}, scope), 2, 1 + 2},
		{"db-subnet-group", reading(t, dbSubnetGroups{c}, scope), 1, 1},
		{"db-cluster-parameter-group", reading(t, dbClusterParameterGroups{c}, scope), 1, 1},
		{"db-cluster", reading(t, dbClusters{c}, scope), 1, 1},
		{"db-instance", reading(t, dbInstances{c}, scope), 0, 1},
	} {
		b.Clear()
		found, err := r.read()
		if err != nil || found != r.found {
			t.Errorf("%s: %d found, want %d: %v", r.kind, found, r.found, err)
		}
		if calls := b.Record(); len(calls) > r.calls {
			t.Errorf("%s: %d calls, want at most %d: %v", r.kind, len(calls), r.calls, calls)
		}
	}
	b.Clear()
	empty := engine.NewScope(id.Project, id.Environment, nil)
	for _, k := range []func() (int, error){
		reading(t, buckets{c}, empty), reading(t, repositories{c}, empty), reading(t, dbClusters{c}, empty), reading(t, dbInstances{c}, empty),
		reading(t, dbSubnetGroups{c}, empty), reading(t, dbClusterParameterGroups{c}, empty),
	} {
		if found, err := k(); found != 0 || err != nil {
			t.Error(found, err)
		}
	}
	if calls := b.Record(); len(calls) != 0 {
		t.Errorf("with nothing to look for: %v", calls)
	}
}

func reading[S engine.Spec](t *testing.T, d engine.Driver[S], scope engine.Scope) func() (int, error) {
	return func() (int, error) {
		lives, err := d.Read(t.Context(), scope)
		return len(lives), err
	}
}

// others makes objects of someone else.
func others(t *testing.T, c *Clients) {
	t.Helper()
	for _, n := range []string{"a", "b", "c"} {
		name := aws.String("foreign-" + n)
		if _, err := c.S3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: name}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.ECR.CreateRepository(t.Context(), &ecr.CreateRepositoryInput{RepositoryName: name}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.RDS.CreateDBCluster(t.Context(), &rds.CreateDBClusterInput{
			DBClusterIdentifier: name, Engine: aws.String(AuroraMySQL), MasterUsername: aws.String("root"), MasterUserPassword: aws.String("not a secret"),
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestARepositoryThatIsMissingHidesNoOther: AWS fails the whole listing then.
func TestARepositoryThatIsMissingHidesNoOther(t *testing.T) {
	c := NewClients(bench.Start(t).Config())
	_, id := privateBucket()
	if err := (repositories{c}).Create(t.Context(), id, Repository{Name: "keyedin/backend"}); err != nil {
		t.Fatal(err)
	}
	found, err := repositories{c}.list(t.Context(), []string{"keyedin/backend", "keyedin/nginx", "keyedin/worker"})
	if err != nil || len(found) != 1 || aws.ToString(found[0].RepositoryName) != "keyedin/backend" {
		t.Errorf("%v %v", found, err)
	}
}

// TestARenamedObjectIsStillFound: the state knows it under its old name.
func TestARenamedObjectIsStillFound(t *testing.T) {
	scope := engine.NewScope("keyedin", "production", []engine.Expected{
		{Kind: "bucket", Address: "bucket/public", ID: "old", Document: engine.Document{"name": "new"}},
		{Kind: "bucket", Address: "bucket/private", ID: "same", Document: engine.Document{"name": "same"}},
		{Kind: "repository", Address: "repository/x", ID: "other", Document: engine.Document{"name": "other"}},
	})
	if got := names(scope, "bucket"); !slices.Equal(got, []string{"new", "old", "same"}) {
		t.Error(got)
	}
}
