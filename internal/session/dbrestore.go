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

	kinds "github.com/keyedin-app/keyedin-infra/internal/aws"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Shape is what the application's cluster is to be like, with everything known.
type Shape struct {
	Address   string
	Cluster   kinds.DBCluster
	Instances []Member
}

// Member is an instance of a Shape. Role is what it is in the cluster: writer,
// reader-1.
type Member struct {
	Role, Address string
	Spec          kinds.DBInstance
}

// Restore is what to restore, and the name of the cluster that is made of it:
// either a snapshot, or a cluster as it was at a time.
type Restore struct {
	As       string
	Snapshot string
	Cluster  string
	At       time.Time
	Shape    Shape
}

// Unfit reports what cannot be restored for this environment.
type Unfit struct{ What, Why string }

func (e *Unfit) Error() string { return e.What + " cannot be restored: " + e.Why }

// Broken reports a cluster or an instance that RDS has given up on.
type Broken struct{ Name, State string }

func (e *Broken) Error() string {
	return fmt.Sprintf("%s has the state %s, which does not pass; RDS's events say why: aws rds describe-events --duration 1440", e.Name, e.State)
}

// longestCluster leaves room for the names of instances after a cluster's.
const longestCluster = longestIdentifier - len("-reader-15")

// Source names what is restored from, as it is tagged.
func (r Restore) Source() string {
	if r.Snapshot != "" {
		return r.Snapshot
	}
	return r.Cluster + " " + r.At.UTC().Format(time.RFC3339)
}

// Named gives the restore the name that the same restore always has, so that
// typed again it goes on.
func (d Databases) Named(r Restore) Restore {
	end := "at-" + r.At.UTC().Format(stamp)
	if r.Snapshot != "" {
		name := r.Snapshot[strings.LastIndexByte(r.Snapshot, ':')+1:] // of an ARN or rds:NAME
		name = strings.TrimPrefix(name, d.Name+"-")
		end = "from-" + name[max(0, len(name)-longestEnd):]
		end = strings.ReplaceAll(strings.TrimRight(end, "-"), "--", "-")
	}
	r.As = fitted(longestCluster, d.Name, end)
	return r
}

// longestEnd is how much of a snapshot's name is in that of a cluster.
const longestEnd = 24

// Restore makes a new cluster with its instances, in the shape of the
// application's, and waits until it is ready. What an earlier, interrupted call
// has made is gone on with. No other cluster is touched.
func (d Databases) Restore(ctx context.Context, r Restore) (Cluster, error) {
	if err := checkIdentifier(r.As, longestCluster); err != nil {
		return Cluster{}, err
	}
	r.As = strings.ToLower(r.As)
	if r.As == d.Name {
		return Cluster{}, &BadIdentifier{r.As, "is that of the cluster in use; what is restored gets a name of its own"}
	}
	said := ""
	for n := 0; ; n++ {
		c, err := d.Get(ctx, r.As)
		if _, none := errors.AsType[*NoCluster](err); none {
			err = d.startRestore(ctx, r)
			c = Cluster{Name: r.As, State: "starting"}
		}
		if err != nil {
			return c, err
		}
		done, err := d.completeRestore(ctx, r, c)
		if done || err != nil {
			return c, err
		}
		if now := c.progress(); now != said {
			d.Tell(now)
			said, n = now, 0
		}
		if err := d.pause(ctx, n); err != nil {
			return c, err
		}
	}
}

// completeRestore does what is to be done next for a cluster that is there.
func (d Databases) completeRestore(ctx context.Context, r Restore, c Cluster) (done bool, err error) {
	switch {
	case c.State == "starting":
		return false, nil
	case c.Tags[TagRestored] != r.Source():
		return false, &Unfit{r.Source(), fmt.Sprintf("there is a cluster %s already, of something else; give the new one another name with --as", c.Name)}
	case c.isBroken() != nil:
		return false, c.isBroken()
	case c.State != available:
		return false, nil
	case c.Secret == "":
		return false, d.manage(ctx, c.Name)
	}
	if err := d.members(ctx, r, c); err != nil {
		return false, err
	}
	return c.SecretState == active && len(c.Instances) >= len(r.Shape.Instances) && c.isReady(), nil
}

// manage has RDS keep the password: a restore itself cannot ask for that.
// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-secrets-manager.html
func (d Databases) manage(ctx context.Context, name string) error {
	_, err := d.RDS.ModifyDBCluster(ctx, &rds.ModifyDBClusterInput{
		DBClusterIdentifier: aws.String(name), ManageMasterUserPassword: aws.Bool(true), ApplyImmediately: aws.Bool(true),
	})
	return unlessBusy(err)
}

// members makes the instances that are missing.
func (d Databases) members(ctx context.Context, r Restore, c Cluster) error {
	for _, m := range r.Shape.Instances {
		name := c.Name + "-" + m.Role
		if slices.ContainsFunc(c.Instances, func(i Instance) bool { return i.Name == name }) {
			continue
		}
		d.Tell("Making its instance " + name + " (" + m.Spec.Class + ")")
		_, err := d.RDS.CreateDBInstance(ctx, &rds.CreateDBInstanceInput{
			DBInstanceIdentifier: aws.String(name), DBClusterIdentifier: aws.String(c.Name), Engine: aws.String(r.Shape.Cluster.Engine),
			DBInstanceClass: aws.String(m.Spec.Class), AvailabilityZone: orNil(m.Spec.Zone),
			PromotionTier: aws.Int32(int32(m.Spec.PromotionTier)), AutoMinorVersionUpgrade: aws.Bool(m.Spec.AutoMinor),
			PubliclyAccessible: aws.Bool(m.Spec.Public), Tags: tagList(d.Tags),
		})
		if err := unlessBusy(err); err != nil {
			return err
		}
	}
	return nil
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return aws.String(s)
}

// unlessBusy forgives what another look shows to be done already, or possible later.
func unlessBusy(err error) error {
	switch kinds.Classify(err) {
	case engine.Busy, engine.Conflict, engine.NotFound, engine.NotYet:
		return nil
	}
	return err
}

// isReady reports whether a cluster and all its instances can be used.
func (c Cluster) isReady() bool {
	return c.State == available && !slices.ContainsFunc(c.Instances, func(i Instance) bool { return i.State != available })
}

// isBroken is an error for a state that waiting does not mend.
func (c Cluster) isBroken() error {
	states := []Broken{{c.Name, c.State}}
	for _, i := range c.Instances {
		states = append(states, Broken{i.Name, i.State})
	}
	for _, s := range states {
		if s.State == failed || s.State == "restore-error" || s.State == "stopped" ||
			strings.HasPrefix(s.State, "incompatible-") || strings.HasPrefix(s.State, "inaccessible-") {
			return &s
		}
	}
	return nil
}

// progress is how far a cluster is, on a line.
func (c Cluster) progress() string {
	text := c.Name + " is " + c.State
	for _, i := range c.Instances {
		if i.State != "" {
			text += ", " + i.Name + " is " + i.State
		}
	}
	if c.Secret != "" && c.SecretState != active {
		text += ", its secret is " + c.SecretState
	}
	return text
}

// snapshotFits checks what can be told before anything is made.
func (r Restore) snapshotFits(s Snapshot) error {
	want, why := r.Shape.Cluster, ""
	switch {
	case s.State != available:
		why = "its state is " + s.State
	case s.Engine != want.Engine:
		why = "it is of the engine " + s.Engine + ", and the environment's is " + want.Engine
	case !kinds.SameMajor(s.Version, want.Version):
		why = fmt.Sprintf("it is of version %s, and database.engine wants %s; set that to the snapshot's first, apply, and upgrade after the switch", s.Version, want.Version)
	case s.User != want.User:
		why = fmt.Sprintf("its master user is %s, which can never be changed, and the environment's is %s; import a dump of it instead", s.User, want.User)
	default:
		return nil
	}
	return &Unfit{s.Name, why}
}
