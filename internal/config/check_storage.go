package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

func (k *checker) storage() {
	k.bucket("storage.public", k.Storage.Public)
	k.bucket("storage.private", k.Storage.Private)
	if k.Storage.Public == k.Storage.Private {
		k.fault("storage.private storage.public", "storage.public and storage.private are the same bucket: state and releases would be public", "give each its own")
	}
}

// bucket holds a name to S3's rules, and refuses dots, which S3's certificate
// does not cover.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
func (k *checker) bucket(path, name string) {
	if strings.Contains(name, ".") && k.rules[path].accepts(strings.ReplaceAll(name, ".", "")) {
		k.fault(path, path+" has a dot, which breaks TLS to the bucket", didYouMean(strings.ReplaceAll(name, ".", "-")))
		return
	}
	if !k.text(path, path, name) {
		return
	}
	for _, prefix := range []string{"xn--", "sthree-", "amzn-s3-demo-"} {
		if strings.HasPrefix(name, prefix) {
			k.fault(path+" name", fmt.Sprintf("%s can't begin with %q: AWS keeps that for itself", path, prefix), "")
		}
	}
	for _, suffix := range []string{"-s3alias", "--ol-s3", "--x-s3", "--table-s3", "-an"} {
		if strings.HasSuffix(name, suffix) {
			k.fault(path+" name", fmt.Sprintf("%s can't end with %q: AWS keeps that for itself", path, suffix), "")
		}
	}
}

func (k *checker) alerts() {
	k.texts("alerts", k.Alerts, func(path, item string) {
		local, _, _ := strings.Cut(item, "@")
		if strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
			k.fault(path, fmt.Sprintf("%s must be an e-mail address, not %s: a dot stands between letters", path, quote(item)), "")
		}
	})
}

// tags holds the user's tags to AWS's rules and away from our own. IAM compares
// keys without regard to case, so we do.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
func (k *checker) tags() {
	k.count("tags", len(k.Tags))
	own := []string{"project", "environment", "address", "managed-by"}
	seen := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(k.Tags)) {
		path, lower := "tags."+key, strings.ToLower(key)
		keyRule := rule{pattern: tagPattern, min: 1, max: 128}
		switch {
		case !keyRule.accepts(key):
			k.tagFault(path, "the tag key "+quote(key)+" must be 1 to 128 letters, digits, spaces and _ . : / = + - @", "")
		case strings.HasPrefix(lower, "aws:"):
			k.tagFault(path, "the tag key "+quote(key)+" can't begin with aws: which AWS keeps for itself", "")
		case slices.Contains(own, lower):
			k.tagFault(path, "the tag "+quote(key)+" is ours: objects are found by it", "use another key")
		case seen[lower] != "":
			k.tagFault(path, "the tags "+quote(seen[lower])+" and "+quote(key)+" differ only in case, which IAM takes for one", "keep one of them")
		}
		seen[lower] = key
		if r := k.rules["tags.*"]; !r.accepts(k.Tags[key]) {
			k.tagFault(path, fmt.Sprintf("the tag %s must have a value of %s; it has %d characters", quote(key), r.must, utf8.RuneCountInString(k.Tags[key])), "")
		}
	}
}

// tagFault reports at a tag, whose key may hold spaces.
func (k *checker) tagFault(path, message, hint string) {
	k.faults = append(k.faults, k.Origin.fault(k.Origin.at(path), path, message, hint))
}
