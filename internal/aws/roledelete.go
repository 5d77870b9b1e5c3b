package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// Delete takes everything off the role first, as IAM demands: also policies and
// profiles that others have put on it.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
func (d roles) Delete(ctx context.Context, is engine.Live[Role]) error {
	role := aws.String(is.ID)
	for _, clear := range []func(context.Context, *string) error{d.dropInline, d.detach, d.leaveProfiles} {
		if err := unlessGone(clear(ctx, role)); err != nil {
			return err
		}
	}
	_, err := d.IAM.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: role})
	return err
}

func (d roles) dropInline(ctx context.Context, role *string) error {
	pages := iam.NewListRolePoliciesPaginator(d.IAM, &iam.ListRolePoliciesInput{RoleName: role})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, name := range page.PolicyNames {
			_, err := d.IAM.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: role, PolicyName: aws.String(name)})
			if unlessGone(err) != nil {
				return err
			}
		}
	}
	return nil
}

func (d roles) detach(ctx context.Context, role *string) error {
	pages := iam.NewListAttachedRolePoliciesPaginator(d.IAM, &iam.ListAttachedRolePoliciesInput{RoleName: role})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, policy := range page.AttachedPolicies {
			_, err := d.IAM.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: role, PolicyArn: policy.PolicyArn})
			if unlessGone(err) != nil {
				return err
			}
		}
	}
	return nil
}

func (d roles) leaveProfiles(ctx context.Context, role *string) error {
	pages := iam.NewListInstanceProfilesForRolePaginator(d.IAM, &iam.ListInstanceProfilesForRoleInput{RoleName: role})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, profile := range page.InstanceProfiles {
			_, err := d.IAM.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{
				RoleName: role, InstanceProfileName: profile.InstanceProfileName,
			})
			if unlessGone(err) != nil {
				return err
			}
		}
	}
	return nil
}

// Tag implements engine.Tagger.
func (d roles) Tag(ctx context.Context, id string, set map[string]string, unset []string) error {
	if len(set) > 0 {
		if _, err := d.IAM.TagRole(ctx, &iam.TagRoleInput{RoleName: aws.String(id), Tags: toIAM(set)}); err != nil {
			return err
		}
	}
	if len(unset) == 0 {
		return nil
	}
	_, err := d.IAM.UntagRole(ctx, &iam.UntagRoleInput{RoleName: aws.String(id), TagKeys: unset})
	return err
}

func toIAM(tags map[string]string) []types.Tag {
	return tagList(tags, func(k, v *string) types.Tag { return types.Tag{Key: k, Value: v} })
}

func fromIAM(list []types.Tag) map[string]string {
	return tagMap(list, func(t types.Tag) (*string, *string) { return t.Key, t.Value })
}
