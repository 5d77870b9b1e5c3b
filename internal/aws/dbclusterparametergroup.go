package aws

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// DBClusterParameterGroup is the settings of a cluster's database engine.
type DBClusterParameterGroup struct {
	// Name is 1 to 255 lower-case letters, digits and single hyphens. Put the
	// major version into it: a major upgrade needs the new group beside the old.
	Name string `json:"name"`
	// Family is the engine with its major version, such as aurora-mysql8.0.
	Family      string `json:"family"`
	Description string `json:"description"`
	// Parameters are those that differ from the engine's defaults.
	Parameters map[string]string `json:"parameters"`
}

// Kind implements engine.Spec.
func (DBClusterParameterGroup) Kind() string { return "db-cluster-parameter-group" }

// Fixed implements engine.Fixer.
func (DBClusterParameterGroup) Fixed() []string { return []string{"name", "family"} }

// Effect implements engine.Affecting.
func (DBClusterParameterGroup) Effect(changed engine.Fields) engine.Effect {
	if !changed.Has("parameters") {
		return engine.Effect{}
	}
	return engine.Effect{Level: engine.NoEffect, Text: "dynamic parameters act at once, static ones when the database next restarts"}
}

type dbClusterParameterGroups struct{ *Clients }

func (d dbClusterParameterGroups) Read(ctx context.Context, scope engine.Scope) ([]engine.Live[DBClusterParameterGroup], error) {
	kind := DBClusterParameterGroup{}.Kind()
	return each(ctx, names(scope, kind), func(ctx context.Context, name string) (*engine.Live[DBClusterParameterGroup], error) {
		known, _ := scope.Find(kind, name)
		wanted := wantedAs[DBClusterParameterGroup](known)
		applied, recorded := appliedAs[DBClusterParameterGroup](scope, name) // of which only parameters can change
		var group *types.DBClusterParameterGroup
		if !recorded {
			var err error
			if group, err = d.find(ctx, name); group == nil || err != nil {
				return nil, err
			}
		}
		parameters, err := d.settings(ctx, name, wanted.Parameters)
		if err != nil {
			return nil, unlessGone(err)
		}
		live := &engine.Live[DBClusterParameterGroup]{ID: name, Spec: applied}
		live.Spec.Name, live.Spec.Parameters = name, parameters
		// A group's description is for good, and other words are no reason to make
		// a new group and restart the database with it.
		live.Spec.Description = cmp.Or(wanted.Description, applied.Description)
		if recorded {
			return live, nil
		}
		live.Spec.Family = aws.ToString(group.DBParameterGroupFamily)
		live.Spec.Description = cmp.Or(wanted.Description, aws.ToString(group.Description))
		tags, err := d.rdsTags(ctx, group.DBClusterParameterGroupArn)
		belongs(scope, live, tags)
		return live, err
	})
}

// find returns nil when there is no group of that name.
func (d dbClusterParameterGroups) find(ctx context.Context, name string) (*types.DBClusterParameterGroup, error) {
	out, err := d.RDS.DescribeDBClusterParameterGroups(ctx, &rds.DescribeDBClusterParameterGroupsInput{DBClusterParameterGroupName: aws.String(name)})
	switch {
	case Classify(err) == engine.NotFound:
		return nil, nil
	case err != nil || len(out.DBClusterParameterGroups) == 0:
		return nil, err
	}
	return &out.DBClusterParameterGroups[0], nil
}

// settings are the parameters that were set. One that was set to the engine's
// own default is not listed among them, so where a wanted one is missing it is
// asked for by its name.
func (d dbClusterParameterGroups) settings(ctx context.Context, name string, wanted map[string]string) (map[string]string, error) {
	set := map[string]string{}
	user, err := d.parameters(ctx, &rds.DescribeDBClusterParametersInput{
		DBClusterParameterGroupName: aws.String(name), Source: aws.String("user"),
	})
	if err != nil {
		return nil, err
	}
	for _, p := range user {
		set[aws.ToString(p.ParameterName)] = aws.ToString(p.ParameterValue)
	}
	missing := slices.DeleteFunc(slices.Collect(maps.Keys(wanted)), func(p string) bool { _, ok := set[p]; return ok })
	if len(missing) == 0 {
		return set, nil
	}
	all, err := d.parameters(ctx, &rds.DescribeDBClusterParametersInput{
		DBClusterParameterGroupName: aws.String(name),
		Filters:                     []types.Filter{{Name: aws.String("parameter-name"), Values: missing}},
	})
	for _, p := range all {
		if slices.Contains(missing, aws.ToString(p.ParameterName)) && p.ParameterValue != nil {
			set[*p.ParameterName] = *p.ParameterValue
		}
	}
	return set, err
}

// parameters lists a group's parameters, a hundred a call.
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusterParameters.html
func (d dbClusterParameterGroups) parameters(ctx context.Context, in *rds.DescribeDBClusterParametersInput) ([]types.Parameter, error) {
	var list []types.Parameter
	for pages := rds.NewDescribeDBClusterParametersPaginator(d.RDS, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		list = append(list, page.Parameters...)
	}
	return list, nil
}

func (d dbClusterParameterGroups) Create(ctx context.Context, id engine.Identity, s DBClusterParameterGroup) error {
	_, err := d.RDS.CreateDBClusterParameterGroup(ctx, &rds.CreateDBClusterParameterGroupInput{
		DBClusterParameterGroupName: aws.String(s.Name), DBParameterGroupFamily: aws.String(s.Family),
		Description: aws.String(s.Description), Tags: toRDS(id.Tags),
	})
	return err
}

// batch is how many parameters one call may change.
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBClusterParameterGroup.html
const batch = 20

func (d dbClusterParameterGroups) Update(ctx context.Context, is engine.Live[DBClusterParameterGroup], want DBClusterParameterGroup, changed engine.Fields) error {
	all, err := d.parameters(ctx, &rds.DescribeDBClusterParametersInput{DBClusterParameterGroupName: aws.String(is.ID)})
	if err != nil {
		return err
	}
	set, reset := parameterChanges(is.Spec.Parameters, want.Parameters, all)
	for part := range slices.Chunk(set, batch) {
		if _, err := d.RDS.ModifyDBClusterParameterGroup(ctx, &rds.ModifyDBClusterParameterGroupInput{
			DBClusterParameterGroupName: aws.String(is.ID), Parameters: part,
		}); err != nil {
			return err
		}
	}
	for part := range slices.Chunk(reset, batch) {
		if _, err := d.RDS.ResetDBClusterParameterGroup(ctx, &rds.ResetDBClusterParameterGroupInput{
			DBClusterParameterGroupName: aws.String(is.ID), Parameters: part,
		}); err != nil {
			return err
		}
	}
	return nil
}

// parameterChanges says what to set and what to give back to the engine. A
// static parameter may only be sent with the method pending-reboot; one that
// is not known is for RDS to refuse.
func parameterChanges(is, want map[string]string, all []types.Parameter) (set, reset []types.Parameter) {
	change := func(name string, value *string) types.Parameter {
		method := types.ApplyMethodPendingReboot
		if slices.ContainsFunc(all, func(p types.Parameter) bool {
			return aws.ToString(p.ParameterName) == name && aws.ToString(p.ApplyType) == "dynamic"
		}) {
			method = types.ApplyMethodImmediate
		}
		return types.Parameter{ParameterName: aws.String(name), ParameterValue: value, ApplyMethod: method}
	}
	for _, name := range slices.SortedFunc(maps.Keys(want), together) {
		if value, ok := is[name]; !ok || value != want[name] {
			set = append(set, change(name, aws.String(want[name])))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(is)) {
		if _, kept := want[name]; !kept {
			reset = append(reset, change(name, nil))
		}
	}
	return set, reset
}

// together puts the parameters first that RDS only takes in the same call: a
// character set with its collation, GTID mode with GTID consistency.
func together(a, b string) int {
	rank := func(name string) int {
		if strings.Contains(name, "character_set") || strings.Contains(name, "collation") || strings.Contains(name, "gtid") {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
}

func (d dbClusterParameterGroups) Delete(ctx context.Context, is engine.Live[DBClusterParameterGroup]) error {
	_, err := d.RDS.DeleteDBClusterParameterGroup(ctx, &rds.DeleteDBClusterParameterGroupInput{DBClusterParameterGroupName: aws.String(is.ID)})
	return err
}

func (d dbClusterParameterGroups) Tag(ctx context.Context, id string, set map[string]string, unset []string) error {
	group, err := d.find(ctx, id)
	if group == nil || err != nil {
		return err
	}
	return d.tagRDS(ctx, group.DBClusterParameterGroupArn, set, unset)
}
