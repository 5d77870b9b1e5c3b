package aws

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"golang.org/x/sync/errgroup"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Role is an IAM role with its one policy, which is written inline under the
// name "keyedin". Roles are global: names are unique in the account.
type Role struct {
	// Name has at most 64 letters, digits and _+=,.@-
	Name string `json:"name"`
	// Path is RolePath(environment).
	Path string `json:"path"`
	// Trust is the service that may take the role, such as ec2.amazonaws.com;
	// empty where Web is set.
	Trust string `json:"trust"`
	// Web is who else may take it, in place of a service.
	Web WebIdentity `json:"web,omitzero"`
	// Policy has at most 10,240 characters as a document.
	Policy Policy `json:"policy"`
	// Boundary is the ARN of a policy that limits what the role can ever be
	// allowed; absent: whatever is set in AWS stays.
	Boundary string `json:"boundary,omitzero"`
}

// RolePath is the path of an environment's roles and instance profiles.
func RolePath(environment string) string { return "/keyedin/" + environment + "/" }

// Kind implements engine.Spec.
func (Role) Kind() string { return "role" }

// Fixed implements engine.Fixer.
func (Role) Fixed() []string { return []string{"name", "path"} }

// Timing implements engine.Timed: IAM takes seconds, and sometimes minutes
// until all of AWS knows.
func (Role) Timing() engine.Timing {
	return engine.Timing{Create: 10 * time.Second, Update: 10 * time.Second, Delete: 2 * time.Second, GiveUp: 5 * time.Minute}
}

// Effect implements engine.Affecting.
func (Role) Effect(changed engine.Fields) engine.Effect {
	switch {
	case changed.Has("trust", "web"):
		return engine.Effect{Level: engine.Degraded, Text: "who may take the role changes within seconds: what uses it now loses its permissions when its session ends"}
	case changed.Has("policy", "boundary"):
		return engine.Effect{Text: "what the role may do changes within seconds, for what runs now too"}
	}
	return engine.Effect{}
}

// RoleARN is the role's ARN.
func RoleARN(r engine.Ref[Role]) engine.Value[string] { return engine.Attr[string](r, "arn") }

type roles struct{ *Clients }

// inline is the name of a role's one policy.
const inline = "keyedin"

// Read looks for the roles by their names, and for others that are ours by the
// path, all at once.
func (d roles) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[Role], error) {
	known := names(scope, Role{}.Kind())
	var lives []engine.Live[Role]
	var listed []string
	group, all := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		lives, err = each(all, known, d.one(scope))
		return err
	})
	group.Go(func() (err error) { listed, err = d.list(all, scope); return err })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	unknown := slices.DeleteFunc(listed, func(name string) bool { return slices.Contains(known, name) })
	others, err := each(ctx, unknown, d.one(scope))
	for _, other := range others {
		if !other.Foreign {
			lives = append(lives, other)
		}
	}
	return lives, err
}

func (d roles) list(ctx context.Context, scope engine.Scope) ([]string, error) {
	var listed []string
	pages := iam.NewListRolesPaginator(d.IAM, &iam.ListRolesInput{PathPrefix: aws.String(RolePath(scope.Environment))})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Roles {
			listed = append(listed, aws.ToString(r.RoleName))
		}
	}
	return listed, nil
}

func (d roles) one(scope engine.Scope) func(context.Context, string) (*engine.Live[Role], error) {
	return func(ctx context.Context, name string) (*engine.Live[Role], error) {
		var role *iam.GetRoleOutput
		var policy Policy
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() (err error) {
			role, err = d.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(name)})
			return unlessGone(err)
		})
		group.Go(func() (err error) { policy, err = d.policy(ctx, name); return err })
		if err := group.Wait(); err != nil || role == nil {
			return nil, err
		}
		return liveRole(scope, role.Role, policy)
	}
}

func (d roles) policy(ctx context.Context, role string) (Policy, error) {
	out, err := d.IAM.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: aws.String(role), PolicyName: aws.String(inline)})
	if err != nil {
		return Policy{}, unlessGone(err)
	}
	return parseEscaped(aws.ToString(out.PolicyDocument))
}

func liveRole(scope engine.Scope, r *types.Role, policy Policy) (*engine.Live[Role], error) {
	trust, err := parseEscaped(aws.ToString(r.AssumeRolePolicyDocument))
	if err != nil {
		return nil, err
	}
	live := engine.Live[Role]{
		ID: aws.ToString(r.RoleName), Attrs: map[string]any{"arn": aws.ToString(r.Arn)},
		Spec: Role{Name: aws.ToString(r.RoleName), Path: aws.ToString(r.Path), Policy: policy},
	}
	live.Spec.Trust, live.Spec.Web = trusted(trust)
	if r.PermissionsBoundary != nil {
		live.Spec.Boundary = aws.ToString(r.PermissionsBoundary.PermissionsBoundaryArn)
	}
	belongs(scope, &live, fromIAM(r.Tags))
	return &live, nil
}

func (d roles) Create(ctx context.Context, id engine.Identity, s Role) error {
	in := &iam.CreateRoleInput{
		RoleName: aws.String(s.Name), Path: aws.String(s.Path), Tags: toIAM(id.Tags),
		AssumeRolePolicyDocument: aws.String(s.trust().document()),
	}
	if s.Boundary != "" {
		in.PermissionsBoundary = aws.String(s.Boundary)
	}
	_, err := d.IAM.CreateRole(ctx, in)
	return err
}

func (d roles) Update(ctx context.Context, is engine.Live[Role], want Role, changed engine.Fields) error {
	name := aws.String(is.ID)
	if changed.Has("trust", "web") {
		if _, err := d.IAM.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{
			RoleName: name, PolicyDocument: aws.String(want.trust().document()),
		}); err != nil {
			return err
		}
	}
	if changed.Has("boundary") {
		if err := d.bound(ctx, name, want.Boundary); err != nil {
			return err
		}
	}
	switch {
	case !changed.Has("policy"):
		return nil
	case len(want.Policy.Statements) == 0:
		_, err := d.IAM.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: aws.String(inline)})
		return unlessGone(err)
	}
	_, err := d.IAM.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
		RoleName: name, PolicyName: aws.String(inline), PolicyDocument: aws.String(want.Policy.document()),
	})
	return err
}

func (d roles) bound(ctx context.Context, role *string, boundary string) error {
	if boundary == "" {
		_, err := d.IAM.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: role})
		return unlessGone(err)
	}
	_, err := d.IAM.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{
		RoleName: role, PermissionsBoundary: aws.String(boundary),
	})
	return err
}
