package config

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"unicode/utf8"
)

// checker collects what is wrong with the values of a config.
type checker struct {
	Config
	rules  map[string]rule
	broken map[string]bool // paths whose value could not be read: they hold their default
	faults []Fault
}

// check holds every value to its rule, and values that depend on each other to
// AWS's rules. Values that could not be read, and so are faults already, are
// left alone.
func check(c Config, unread []Fault) []Fault {
	k := &checker{Config: c, rules: rules(), broken: map[string]bool{}}
	for _, f := range unread {
		k.broken[f.Path] = true
	}
	k.identity()
	k.network()
	k.app()
	k.instances()
	k.text("deploy.before", "deploy.before", k.Deploy.Before)
	k.database()
	k.bastion()
	k.storage()
	k.alerts()
	k.text("ci.github", "ci.github", k.CI.GitHub)
	k.texts("messages", k.Messages, func(string, string) {})
	k.tags()
	return k.faults
}

// fault reports at the first of the paths that the file gives; paths are
// separated by spaces.
func (k *checker) fault(paths, message, hint string) {
	list := strings.Fields(paths)
	for _, p := range list {
		if k.Origin.has(p) {
			k.faults = append(k.faults, k.Origin.fault(k.Origin.at(p), p, message, hint))
			return
		}
	}
	k.faults = append(k.faults, k.Origin.fault(k.Origin.at(list[0]), list[0], message, hint))
}

// text holds a text to its rule and says whether it is as it must be.
func (k *checker) text(path, general, value string) bool {
	r := k.rules[general]
	if ok := r.accepts(value); ok || k.broken[path] {
		return ok && !k.broken[path]
	}
	must := r.must
	if r.choices != nil {
		must = listing(r.choices, "or")
	}
	k.fault(path, fmt.Sprintf("%s must be %s, not %s", path, must, quote(value)), r.mend(value))
	return false
}

// number holds a number to its rule.
func (k *checker) number(path string, value float64) bool {
	r := k.rules[path]
	if k.broken[path] {
		return false
	}
	if value >= r.min && value <= r.max && (r.step == 0 || math.Mod(value, r.step) == 0) {
		return true
	}
	k.fault(path, fmt.Sprintf("%s must be %s, not %v", path, r.must, value), "")
	return false
}

// count holds the length of a list or a map to its rule.
func (k *checker) count(path string, n int) bool {
	r := k.rules[path]
	if float64(n) >= r.min && float64(n) <= r.max {
		return true
	}
	k.fault(path, fmt.Sprintf("%s must be %s, not %d", path, r.must, n), "")
	return false
}

// texts holds a list and each of its items to their rules; an item twice is a fault.
func (k *checker) texts(path string, list []string, each func(path, item string)) {
	k.count(path, len(list))
	seen := map[string]bool{}
	for i, item := range list {
		inner := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case !k.text(inner, path+"[]", item):
		case seen[item]:
			k.fault(inner, fmt.Sprintf("%s has %s twice", path, quote(item)), "delete one of them")
		default:
			each(inner, item)
		}
		seen[item] = true
	}
}

// accepts says whether a text is as the rule wants it.
func (r rule) accepts(value string) bool {
	if r.choices != nil {
		for _, c := range r.choices {
			if value == c {
				return true
			}
		}
		return false
	}
	n := float64(utf8.RuneCountInString(value))
	return n >= r.min && n <= r.max && regexp.MustCompile(r.pattern).MatchString(value)
}

// mend proposes the nearest text that the rule accepts, as a hint.
func (r rule) mend(value string) string {
	if r.choices != nil {
		return didYouMean(nearest(value, r.choices))
	}
	lower := strings.ToLower(strings.TrimSpace(value))
	bare := lower
	if _, after, ok := strings.Cut(bare, "://"); ok {
		bare, _, _ = strings.Cut(after, "/")
	}
	bare = strings.TrimPrefix(strings.TrimSuffix(bare, "."), "www.")
	digits := strings.NewReplacer("-", "", " ", "", "_", "").Replace(value)
	hyphens := strings.Trim(strings.NewReplacer("_", "-", " ", "-", ".", "-").Replace(lower), "-")
	for _, candidate := range []string{lower, bare, repository(value), hyphens, digits, "/" + value, value + "/32", "db." + lower, "aurora-mysql-" + lower, sized(lower)} {
		if value != "" && candidate != "" && r.accepts(candidate) {
			return didYouMean(candidate)
		}
	}
	return ""
}

// repository is what an address of GitHub's is about.
func repository(address string) string {
	_, path, _ := strings.Cut(strings.ReplaceAll(address, "github.com:", "github.com/"), "github.com/")
	return strings.TrimSuffix(strings.TrimSuffix(path, "/"), ".git")
}

// sized is an instance type with the size nearest to the one it has.
func sized(instanceType string) string {
	dot := strings.LastIndexByte(instanceType, '.')
	sizes := []string{"nano", "micro", "small", "medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "metal"}
	near := nearest(instanceType[dot+1:], sizes)
	if dot < 0 || near == "" {
		return ""
	}
	return instanceType[:dot+1] + near
}
