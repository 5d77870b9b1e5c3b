package aws

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// NoVersion reports an engine version that RDS does not offer in the region.
type NoVersion struct{ Engine, Version, Region string }

func (e *NoVersion) Error() string {
	return fmt.Sprintf("RDS offers no %s %s in %s; see what it offers: aws rds describe-db-engine-versions --engine %s --query 'DBEngineVersions[].EngineVersion'",
		e.Engine, e.Version, e.Region, e.Engine)
}

// major is the major version of an Aurora MySQL version such as
// 8.0.mysql_aurora.3.08.0: 8.0.
func major(version string) string {
	m, _, _ := strings.Cut(version, ".mysql_aurora.")
	return m
}

// asWanted gives the wanted version when what is live serves it: the same
// major, and at least as new. AWS installs minor versions of its own accord,
// and they cannot be taken back.
func asWanted(live, wanted string) string {
	if wanted != "" && major(live) == major(wanted) && compareVersions(live, wanted) >= 0 {
		return wanted
	}
	return live
}

// compareVersions compares by the numbers between the dots.
func compareVersions(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(a, b string) int {
		i, errA := strconv.Atoi(a)
		j, errB := strconv.Atoi(b)
		if errA != nil || errB != nil {
			return cmp.Compare(a, b)
		}
		return cmp.Compare(i, j)
	})
}

// fullVersion turns a major version into the one AWS makes by default; a full
// one stays as it is. Without a version, RDS would choose the major too.
func (c *Clients) fullVersion(ctx context.Context, engine, version string) (string, error) {
	if version != major(version) {
		return version, nil
	}
	out, err := c.RDS.DescribeDBEngineVersions(ctx, &rds.DescribeDBEngineVersionsInput{
		Engine: aws.String(engine), EngineVersion: aws.String(version), DefaultOnly: aws.Bool(true),
	})
	if err != nil {
		return "", err
	}
	offered := out.DBEngineVersions
	if len(offered) == 0 { // no version of this major is a default
		pages := rds.NewDescribeDBEngineVersionsPaginator(c.RDS, &rds.DescribeDBEngineVersionsInput{
			Engine: aws.String(engine), DBParameterGroupFamily: aws.String(engine + version),
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return "", err
			}
			offered = append(offered, page.DBEngineVersions...)
		}
	}
	offered = slices.DeleteFunc(offered, func(v types.DBEngineVersion) bool { return major(aws.ToString(v.EngineVersion)) != version })
	if len(offered) == 0 {
		return "", &NoVersion{engine, version, c.Config.Region}
	}
	newest := slices.MaxFunc(offered, func(a, b types.DBEngineVersion) int {
		return compareVersions(aws.ToString(a.EngineVersion), aws.ToString(b.EngineVersion))
	})
	return aws.ToString(newest.EngineVersion), nil
}

// SameMajor reports whether two versions, full or not, are of one major.
func SameMajor(a, b string) bool { return major(a) == major(b) }

// NewestVersion is the newer of two versions of one major; one that is only a
// major is older than any full one of it.
func NewestVersion(a, b string) string {
	if compareVersions(a, b) < 0 {
		return b
	}
	return a
}
