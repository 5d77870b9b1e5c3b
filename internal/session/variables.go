// Package session is day two: what people do with a running environment beside
// deploying to it. It knows AWS's services and the names of an environment's
// things; it does not know how they are built, and it prints nothing.
package session

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// Limits of the Parameter Store's standard tier, which costs nothing.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
const (
	longestValue = 4096 // bytes
	longestName  = 255  // characters; with the path before it AWS takes 1011
	listed       = 10   // parameters a page
	removed      = 10   // parameters a call
	versions     = 50   // versions a page
)

// Variables is the application's environment: a SecureString a variable, right
// under Path, encrypted with the key that AWS manages for the account.
type Variables struct {
	SSM *ssm.Client
	// Path begins with a slash and does not end in one.
	Path string
}

// Variable is one of them. Its value is in no JSON.
type Variable struct {
	Name    string    `json:"name"`
	Value   string    `json:"-"`
	Version int64     `json:"version"`
	Changed time.Time `json:"changed"`
	// By is the ARN of who changed it; only History knows.
	By string `json:"by,omitempty"`
}

// BadVariable reports a variable that cannot be kept.
type BadVariable struct{ Name, Why string }

func (e *BadVariable) Error() string { return fmt.Sprintf("the variable %q %s", e.Name, e.Why) }

// NoVariable reports one that is not there; Near is what may have been meant.
type NoVariable struct {
	Name string
	Near []string
}

func (e *NoVariable) Error() string {
	text := fmt.Sprintf("there is no variable %q", e.Name)
	if len(e.Near) > 0 {
		text += "; is it " + strings.Join(e.Near, " or ") + "?"
	}
	return text + " `keyedin env list` lists them"
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Check tells whether AWS and the application's container take a variable; its
// error is a BadVariable and never holds the value.
func Check(name, value string) error {
	why := ""
	switch {
	case !variableName.MatchString(name):
		why = "is no name of an environment variable: letters, digits and _ are, and no digit first"
	case len(name) > longestName:
		why = fmt.Sprintf("has a name of %d characters; AWS takes %d", len(name), longestName)
	case value == "":
		why = "would be empty, which AWS does not keep; without it the application has its own default: `keyedin env unset " + name + "`"
	case len(value) > longestValue:
		why = fmt.Sprintf("has a value of %d bytes; AWS takes %d. Keep long ones in a file of the image or in the private bucket", len(value), longestValue)
	case strings.Contains(value, "{{"):
		why = "has {{ in its value, which AWS takes for a reference to another parameter and refuses"
	default:
		return nil
	}
	return &BadVariable{Name: name, Why: why}
}

// Values reads all variables with their values, sorted by name.
func (v Variables) Values(ctx context.Context) ([]Variable, error) { return v.list(ctx, true) }

// List reads all variables without their values, sorted by name; nothing is
// decrypted for that.
func (v Variables) List(ctx context.Context) ([]Variable, error) {
	all, err := v.list(ctx, false)
	for i := range all {
		all[i].Value = "" // it is encrypted
	}
	return all, err
}

// Names are those of all variables, sorted.
func (v Variables) Names(ctx context.Context) ([]string, error) {
	all, err := v.List(ctx)
	var names []string
	for _, one := range all {
		names = append(names, one.Name)
	}
	return names, err
}

func (v Variables) list(ctx context.Context, decrypt bool) ([]Variable, error) {
	var all []Variable
	pages := ssm.NewGetParametersByPathPaginator(v.SSM, &ssm.GetParametersByPathInput{
		Path: aws.String(v.Path), WithDecryption: aws.Bool(decrypt), MaxResults: aws.Int32(listed),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, p := range page.Parameters {
			all = append(all, Variable{
				Name:  strings.TrimPrefix(aws.ToString(p.Name), v.Path+"/"),
				Value: aws.ToString(p.Value), Version: p.Version, Changed: aws.ToTime(p.LastModifiedDate),
			})
		}
	}
	slices.SortFunc(all, func(a, b Variable) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// Get reads one; its error may be a NoVariable.
func (v Variables) Get(ctx context.Context, name string) (Variable, error) {
	out, err := v.SSM.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(v.full(name)), WithDecryption: aws.Bool(true)})
	if err != nil {
		return Variable{}, v.absent(ctx, name, err)
	}
	p := out.Parameter
	return Variable{Name: name, Value: aws.ToString(p.Value), Version: p.Version, Changed: aws.ToTime(p.LastModifiedDate)}, nil
}

// Set writes one, as a new version where it is there. Its error may be a
// BadVariable, and nothing was written then.
func (v Variables) Set(ctx context.Context, name, value string) error {
	if err := Check(name, value); err != nil {
		return err
	}
	_, err := v.SSM.PutParameter(ctx, &ssm.PutParameterInput{
		Name: aws.String(v.full(name)), Value: aws.String(value), Overwrite: aws.Bool(true),
		Type: types.ParameterTypeSecureString, Tier: types.ParameterTierStandard,
	})
	return err
}

// Unset removes variables with their history; those that are not there are no
// error.
func (v Variables) Unset(ctx context.Context, names []string) error {
	for some := range slices.Chunk(names, removed) {
		full := make([]string, 0, len(some))
		for _, name := range some {
			full = append(full, v.full(name))
		}
		if _, err := v.SSM.DeleteParameters(ctx, &ssm.DeleteParametersInput{Names: full}); err != nil {
			return err
		}
	}
	return nil
}

// History reads the versions of one that AWS still has (the last 100), the
// newest first, without their values. Its error may be a NoVariable.
func (v Variables) History(ctx context.Context, name string) ([]Variable, error) {
	var all []Variable
	pages := ssm.NewGetParameterHistoryPaginator(v.SSM, &ssm.GetParameterHistoryInput{
		Name: aws.String(v.full(name)), MaxResults: aws.Int32(versions), WithDecryption: aws.Bool(false),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, v.absent(ctx, name, err)
		}
		for _, p := range page.Parameters {
			all = append(all, Variable{Name: name, Version: p.Version, Changed: aws.ToTime(p.LastModifiedDate), By: aws.ToString(p.LastModifiedUser)})
		}
	}
	slices.SortFunc(all, func(a, b Variable) int { return int(b.Version - a.Version) })
	return all, nil
}

func (v Variables) full(name string) string { return v.Path + "/" + name }

// absent turns AWS's word for "not there" into a NoVariable.
func (v Variables) absent(ctx context.Context, name string, err error) error {
	if _, none := errors.AsType[*types.ParameterNotFound](err); !none {
		return err
	}
	missing := &NoVariable{Name: name}
	all, listErr := v.List(ctx)
	if listErr != nil {
		return missing // what may have been meant is only a help
	}
	for _, one := range all {
		if strings.EqualFold(one.Name, name) || strings.Contains(one.Name, strings.ToUpper(name)) {
			missing.Near = append(missing.Near, one.Name)
		}
	}
	return missing
}

// Difference is what would make one set of variables into another; names only.
type Difference struct {
	Add    []string `json:"add"`
	Change []string `json:"change"`
	Remove []string `json:"remove"`
}

// Empty reports that nothing differs.
func (d Difference) Empty() bool { return len(d.Add)+len(d.Change)+len(d.Remove) == 0 }

// Compare says what to do to have so that it becomes want, sorted.
func Compare(have []Variable, want map[string]string) Difference {
	d := Difference{Add: []string{}, Change: []string{}, Remove: []string{}}
	kept := map[string]bool{}
	for _, v := range have {
		value, wanted := want[v.Name]
		kept[v.Name] = true
		switch {
		case !wanted:
			d.Remove = append(d.Remove, v.Name)
		case value != v.Value:
			d.Change = append(d.Change, v.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if !kept[name] {
			d.Add = append(d.Add, name)
		}
	}
	return d
}
