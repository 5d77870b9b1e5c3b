package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// Credentials are what one connects to a cluster with.
type Credentials struct {
	User     string `json:"user"`
	Password string `json:"password"`
	Host     string `json:"host"`
	Reader   string `json:"reader"`
	Port     int    `json:"port"`
	Database string `json:"database,omitempty"`
}

// NoSecret reports a cluster without a password that can be read.
type NoSecret struct{ Name, Why string }

func (e *NoSecret) Error() string {
	return fmt.Sprintf("the password of %s cannot be read: %s", e.Name, e.Why)
}

// Credentials reads the master user's from the secret that RDS keeps; the error
// may be a NoSecret, which holds nothing of it.
// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-secrets-manager.html
func (d Databases) Credentials(ctx context.Context, c Cluster) (Credentials, error) {
	if c.Secret == "" {
		return Credentials{}, &NoSecret{c.Name, "RDS keeps no secret for it; `keyedin apply` has it do so"}
	}
	out, err := d.Secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(c.Secret)})
	if _, none := errors.AsType[*types.ResourceNotFoundException](err); none {
		return Credentials{}, &NoSecret{c.Name, "its secret " + c.Secret + " is gone, or has no value yet"}
	}
	if err != nil {
		return Credentials{}, err
	}
	var held struct{ Username, Password string }
	if json.Unmarshal([]byte(aws.ToString(out.SecretString)), &held) != nil || held.Password == "" {
		return Credentials{}, &NoSecret{c.Name, "its secret " + c.Secret + " is not a user's name and password"}
	}
	if held.Username == "" {
		held.Username = c.User
	}
	return Credentials{
		User: held.Username, Password: held.Password, Host: c.Host, Reader: c.Reader, Port: c.Port, Database: c.Database,
	}, nil
}

// Impaired reports a secret that RDS cannot rotate.
type Impaired struct{ Name, Secret string }

func (e *Impaired) Error() string {
	return fmt.Sprintf("RDS cannot rotate the secret of %s: its state is impaired, mostly for want of a permission on the secret or its key. "+
		"RDS's events say why: aws rds describe-events --source-type db-cluster --source-identifier %s --duration 1440", e.Name, e.Name)
}

const (
	impaired = "impaired"
	rotating = "rotating"
	current  = "AWSCURRENT"
)

// Rotate has RDS make the master user's password anew, and waits until it is in
// the secret. A rotation that is under way is waited for, and no other started.
// The error may be a NoSecret or an Impaired.
func (d Databases) Rotate(ctx context.Context) (Cluster, error) {
	c, err := d.Own(ctx)
	if err != nil {
		return c, err
	}
	if c.Secret == "" {
		return c, &NoSecret{c.Name, "RDS keeps no secret for it; `keyedin apply` has it do so"}
	}
	before := ""
	if c.SecretState != rotating {
		if before, err = d.version(ctx, c.Secret); err == nil {
			_, err = d.RDS.ModifyDBCluster(ctx, &rds.ModifyDBClusterInput{
				DBClusterIdentifier: aws.String(c.Name), RotateMasterUserPassword: aws.Bool(true), ApplyImmediately: aws.Bool(true),
			})
		}
		if err != nil {
			return c, err
		}
	}
	return d.rotated(ctx, before)
}

// rotated waits until the current version is another than before, and RDS says
// that it is done: right after the call it says so as well.
func (d Databases) rotated(ctx context.Context, before string) (Cluster, error) {
	for n := 0; ; n++ {
		c, err := d.Own(ctx)
		if err != nil {
			return c, err
		}
		if c.SecretState == impaired {
			return c, &Impaired{c.Name, c.Secret}
		}
		if c.SecretState == active {
			if now, err := d.version(ctx, c.Secret); err != nil || now != before {
				return c, err
			}
		}
		d.Tell("the secret is " + c.SecretState)
		if err := d.pause(ctx, n); err != nil {
			return c, err
		}
	}
}

// version is the id of a secret's current version, of which no value is read.
func (d Databases) version(ctx context.Context, secret string) (string, error) {
	out, err := d.Secrets.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String(secret)})
	if err != nil {
		return "", err
	}
	for id, stages := range out.VersionIdsToStages {
		if slices.Contains(stages, current) {
			return id, nil
		}
	}
	return "", nil
}
