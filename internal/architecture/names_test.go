package architecture

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/keyedin-app/keyedin-infra/internal/config"
	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

// naming is what AWS takes for the name of a kind.
type naming struct {
	least, most int
	pattern     string
}

func (n naming) takes(name string) bool {
	return len(name) >= n.least && len(name) <= n.most && regexp.MustCompile(n.pattern).MatchString(name)
}

// From the API reference of each kind's create call.
var namings = map[string]naming{
	"security-group":              {1, 255, `^[a-zA-Z0-9 ._:/()#,@\[\]+=&;{}!$*-]+$`},
	"load-balancer":               {1, 32, `^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$`},
	"target-group":                {1, 32, `^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$`},
	"role":                        {1, 64, `^[\w+=,.@-]+$`},
	"instance-profile":            {1, 128, `^[\w+=,.@-]+$`},
	"launch-template":             {3, 128, `^[a-zA-Z0-9().\-/_]+$`},
	"auto-scaling-group":          {1, 255, `^[a-zA-Z0-9-]+$`},
	"scaling-policy":              {1, 255, `^[a-z]+$`},
	"db-subnet-group":             {1, 255, `^[a-z0-9 ._-]+$`},
	"db-cluster-parameter-group":  {1, 255, `^[a-z](-?[a-z0-9])*$`},
	"db-cluster":                  {1, 63, `^[a-z](-?[a-z0-9])*$`},
	"db-instance":                 {1, 63, `^[a-z](-?[a-z0-9])*$`},
	"key-pair":                    {1, 255, `^[ -~]+$`},
	"instance":                    {1, 256, `^[a-z0-9-]+$`},
	"hosted-zone":                 {1, 1024, `^[a-z0-9.-]+$`},
	"repository":                  {2, 256, `^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$`},
	"bucket":                      {3, 63, `^[a-z0-9][a-z0-9-]*[a-z0-9]$`},
	"codedeploy-application":      {1, 100, `^[a-z0-9-]+$`},
	"codedeploy-deployment-group": {1, 100, `^[a-z0-9-]+$`},
	"topic":                       {1, 256, `^[A-Za-z0-9_-]+$`},
	"log-group":                   {1, 512, `^[.\-_/#A-Za-z0-9]+$`},
	"alarm":                       {1, 255, `^[ -~]+$`},
}

// anyConfig draws a config as far out as the rules let one go.
func anyConfig(t *rapid.T) config.Config {
	word := func(label string, most int) string {
		return rapid.StringMatching(fmt.Sprintf(`[a-z]([a-z0-9]|-[a-z0-9]){0,%d}`, most)).
			Filter(func(s string) bool { return len(s) <= most }).Draw(t, label)
	}
	c := config.Default()
	c.Name, c.Environment = word("name", 63), word("environment", 32)
	c.Region = rapid.SampledFrom([]string{"us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1", "ap-southeast-7"}).Draw(t, "region")
	c.Network.Zones = rapid.IntRange(2, 3).Draw(t, "zones")
	c.App.Repositories = rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z0-9]{2,20}(/[a-z0-9]{1,235})?`), 1, 20, rapid.ID[string]).Draw(t, "repositories")
	c.App.HealthCheck = rapid.StringMatching(`/[!-~]{0,200}`).Draw(t, "health-check")
	c.App.Instances.OnDemand = rapid.IntRange(0, 6).Draw(t, "on-demand")
	c.Database.Readers = rapid.IntRange(0, 15).Draw(t, "readers")
	c.Database.Engine = rapid.SampledFrom([]string{"aurora-mysql-8.0", "aurora-mysql-5.7", "8.0.mysql_aurora.3.08.2"}).Draw(t, "engine")
	if rapid.Bool().Draw(t, "serverless") {
		c.Database.Class, c.Database.Serverless = "", &config.Serverless{Min: 0.5, Max: 8}
	}
	c.Bastion.Type = rapid.SampledFrom([]string{"none", "t2.micro", "t4g.nano"}).Draw(t, "bastion")
	c.Bastion.Allow = rapid.SampledFrom([][]string{nil, {"203.0.113.0/24"}, {"203.0.113.0/24", "198.51.100.7/32"}}).Draw(t, "allow")
	c.Storage.Public, c.Storage.Private = config.Physical(63, c.Name, "public"), config.Physical(63, c.Name, "private")
	c.CI.GitHub = rapid.SampledFrom([]string{"", strings.Repeat("o", 39) + "@1234567890/" + strings.Repeat("r", 100) + "@1234567890"}).Draw(t, "github")
	c.Messages = rapid.SampledFrom([][]string{nil, {"apply", "deploy"}}).Draw(t, "messages")
	c.Alerts = rapid.SampledFrom([][]string{nil, {"ops@example.com"}, {"a@example.com", "b@example.com"}}).Draw(t, "alerts")
	c.Tags = rapid.MapOfN(rapid.StringMatching(`[a-z]{5,20}`), rapid.StringMatching(`[a-zA-Z0-9 ]{0,100}`), 0, 44).Draw(t, "tags")
	return c
}

// Whatever the config: all is declared, under names that AWS takes, and tagged.
func TestAnyConfig(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyConfig(t)
		f := facts(c)
		f.ImageIsBaked = rapid.Bool().Draw(t, "baked")
		d := declared{Build(c, f, Keys{Bastion: publicKey})}
		names := map[string]string{} // address by kind and name
		for _, address := range d.stack.Addresses() {
			doc := d.at(address)
			kind, _, _ := strings.Cut(address, "/")
			name, hasName := doc["name"].(string)
			if n, ok := namings[kind]; ok != hasName && kind != "record" {
				t.Fatalf("%s: a name that no test knows the rules of", address)
			} else if ok && !n.takes(name) {
				t.Fatalf("%s has the name %q, which AWS refuses", address, name)
			}
			if other := names[kind+" "+name]; hasName && kind != "record" && other != "" {
				t.Fatalf("%s and %s have one name, %q", address, other, name)
			}
			names[kind+" "+name] = address
			if doc["$module"] == "" {
				t.Fatalf("%s belongs to no module", address)
			}
			checkTags(t, address, doc)
			checkDescriptions(t, address, map[string]any(doc))
		}
		checkSizes(t, d)
	})
}

var (
	tagValue        = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+@-]*$`)
	descriptionText = regexp.MustCompile(`^[a-zA-Z0-9. _:/()#,@\[\]+=&;{}!$*-]*$`)
)

// noTags are the kinds that AWS has no tags for.
var noTags = []string{"record", "scaling-policy", "service-linked-role", "oidc-provider"}

// https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
func checkTags(t *rapid.T, address string, doc engine.Document) {
	tags, _ := doc["tags"].(map[string]any)
	for _, kind := range noTags {
		if strings.HasPrefix(address, kind+"/") {
			return
		}
	}
	for _, key := range []string{engine.TagProject, engine.TagEnvironment, engine.TagAddress, engine.TagManagedBy} {
		if tags[key] == nil || tags[key] == "" {
			t.Fatalf("%s has no tag %s", address, key)
		}
	}
	if len(tags) > 50 {
		t.Fatalf("%s has %d tags", address, len(tags))
	}
	for key, value := range tags {
		if text := value.(string); utf8.RuneCountInString(text) > 256 || !tagValue.MatchString(text) {
			t.Fatalf("%s: the tag %s is %q, which AWS refuses", address, key, value)
		}
	}
}

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
func checkDescriptions(t *rapid.T, address string, v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			checkDescriptions(t, address, item)
		}
	case map[string]any:
		for key, value := range v {
			if text, ok := value.(string); ok && key == "description" && strings.HasPrefix(address, "security-group") &&
				(len(text) > 255 || !descriptionText.MatchString(text)) {
				t.Fatalf("%s: the description %q, which AWS refuses", address, text)
			}
			checkDescriptions(t, address, value)
		}
	}
}

// longest is an attribute longer than any that is put into policies and scripts.
var longest = strings.Repeat("x", 320)

// checkSizes holds what AWS limits to its limits, with each reference as long
// as it can get.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html
func checkSizes(t *rapid.T, d declared) {
	for address, doc := range d.of("role") {
		if n := len(filled(doc["policy"])); n > 10240 {
			t.Fatalf("%s has a policy of %d characters", address, n)
		}
	}
	script := filled(d.at("launch-template/application")["user-data"])
	var text string
	if err := json.Unmarshal([]byte(script), &text); err != nil {
		t.Fatal(err)
	}
	if len(text) > 16384 {
		t.Fatalf("a first-boot script of %d bytes", len(text))
	}
}

// filled is a value as JSON with every reference resolved.
func filled(v any) string {
	raw, _ := json.Marshal(fill(v))
	return string(raw)
}

func fill(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = fill(v[i])
		}
		return out
	case map[string]any:
		if _, ok := v["$ref"]; ok {
			return longest
		}
		if parts, ok := v["$join"].([]any); ok {
			var text strings.Builder
			for _, part := range parts {
				text.WriteString(fill(part).(string))
			}
			return text.String()
		}
		out := map[string]any{}
		for key, value := range v {
			out[key] = fill(value)
		}
		return out
	}
	return v
}
