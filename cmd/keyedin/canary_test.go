package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// canary is the password of the database.
const canary = "canary-7f3a9c51e2"

// masterSecret puts the canary into the secret that RDS made for the cluster.
func (p *place) masterSecret() {
	p.t.Helper()
	clusters, err := rds.NewFromConfig(p.Config()).DescribeDBClusters(p.t.Context(), &rds.DescribeDBClustersInput{})
	if err != nil || len(clusters.DBClusters) != 1 || clusters.DBClusters[0].MasterUserSecret == nil {
		p.t.Fatalf("no cluster with a secret: %+v, %v", clusters, err)
	}
	secrets := secretsmanager.NewFromConfig(p.Config())
	arn := clusters.DBClusters[0].MasterUserSecret.SecretArn
	value := aws.String(`{"username":"keyedin","password":"` + canary + `"}`)
	if _, err := secrets.PutSecretValue(p.t.Context(), &secretsmanager.PutSecretValueInput{SecretId: arn, SecretString: value}); err == nil {
		return
	}
	if _, err := secrets.CreateSecret(p.t.Context(), &secretsmanager.CreateSecretInput{Name: arn, SecretString: value}); err != nil {
		p.t.Fatal(err)
	}
}

// bucketTexts are all versions of all objects in the private bucket, by key.
func (p *place) bucketTexts() map[string][]string {
	p.t.Helper()
	texts := map[string][]string{}
	out, err := p.s3().ListObjectVersions(p.t.Context(), &s3.ListObjectVersionsInput{Bucket: aws.String(privateBucket)})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, v := range out.Versions {
		texts[aws.ToString(v.Key)] = append(texts[aws.ToString(v.Key)], p.version(aws.ToString(v.Key), aws.ToString(v.VersionId)))
	}
	return texts
}

// No secret is in the state, plans, logs or answers of any command.
func TestCanary(t *testing.T) {
	t.Parallel()
	p := applied(t)
	p.masterSecret()
	p.edit(daysOfBackup("9"))
	said := map[string]string{}
	for _, command := range [][]string{
		{"plan", "-v"}, {"plan", "--json"}, {"plan", "--out", "change.plan"}, {"apply", "-v", "--yes"}, {"apply", "--json", "--yes"},
		{"status", "-v"}, {"status", "--json"}, {"history", "--json"}, {"plan", "--destroy", "--json"}, {"plan", "--destroy", "-v"},
		{"destroy", "--yes", "--environment", "production", "--lift-protection", "--json"},
	} {
		r := p.must(command...)
		said["keyedin "+strings.Join(command, " ")] = r.out + r.err
	}
	for key, versions := range p.bucketTexts() {
		said[key] = strings.Join(versions, "")
	}
	err := filepath.WalkDir(p.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		said[path] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if said[p.file("change.plan")] == "" || !strings.Contains(said[stateKey], `"db-cluster/main"`) {
		t.Fatalf("the plan or the state was not looked at, of %d", len(said))
	}
	for where, text := range said {
		if strings.Contains(text, canary) || strings.Contains(text, "wJalrXUtnFEMI") {
			t.Errorf("the database's password, or AWS's key, is in %s", where)
		}
		if !strings.Contains(where, "-bastion") && strings.Contains(text, "PRIVATE KEY") {
			t.Errorf("a private key is in %s", where)
		}
	}
}
