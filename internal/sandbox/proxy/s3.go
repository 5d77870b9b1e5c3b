package proxy

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// s3Operation names an S3 call from its method, its bucket and key, and the subresource in its query.
//
// Source: Amazon S3 API reference, "Actions".
func s3Operation(r *http.Request) Operation {
	op := Operation{Service: "s3"}
	op.Bucket, op.Key = bucketAndKey(r)
	query := r.URL.Query()
	switch {
	case op.Bucket == "":
		op.Name = "ListBuckets"
	case op.Key == "":
		op.Name = bucketOperation(r.Method, query)
	default:
		op.Name = objectOperation(r, query)
	}
	op.Class = classOf("s3", op.Name)
	if op.Class == Change && strings.HasPrefix(op.Key, "infrastructure/") {
		op.Class = State
	}
	return op
}

// bucketAndKey understands path-style addresses and bucket names in the host.
func bucketAndKey(r *http.Request) (bucket, key string) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	host := strings.ToLower(r.Host)
	if name, _, found := strings.Cut(host, ".s3."); found {
		return name, path
	}
	if name, _, found := strings.Cut(host, ".s3-"); found {
		return name, path
	}
	name, rest, found := strings.Cut(host, ".")
	if _, err := netip.ParseAddrPort(host); err != nil && found && strings.HasPrefix(rest, "localhost") {
		return name, path
	}
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key
}

// bucketSubresources maps a query key to the noun in the operation's name, for settings with Get, Put and Delete.
var bucketSubresources = map[string]string{
	"abac": "BucketAbac", "accelerate": "BucketAccelerateConfiguration", "acl": "BucketAcl",
	"analytics": "BucketAnalyticsConfiguration", "cors": "BucketCors", "encryption": "BucketEncryption",
	"intelligent-tiering": "BucketIntelligentTieringConfiguration", "inventory": "BucketInventoryConfiguration",
	"lifecycle": "BucketLifecycleConfiguration", "location": "BucketLocation", "logging": "BucketLogging",
	"metrics": "BucketMetricsConfiguration", "notification": "BucketNotificationConfiguration",
	"object-lock": "ObjectLockConfiguration", "ownershipControls": "BucketOwnershipControls", "policy": "BucketPolicy",
	"policyStatus": "BucketPolicyStatus", "publicAccessBlock": "PublicAccessBlock", "replication": "BucketReplication",
	"requestPayment": "BucketRequestPayment", "tagging": "BucketTagging", "versioning": "BucketVersioning",
	"website": "BucketWebsite", "metadataConfiguration": "BucketMetadataConfiguration",
	"metadataTable": "BucketMetadataTableConfiguration", "metadataInventoryTable": "BucketMetadataInventoryTableConfiguration",
	"metadataJournalTable": "BucketMetadataJournalTableConfiguration",
}

// listed are the settings a bucket has many of: a Get without an id lists them.
var listed = map[string]bool{"analytics": true, "intelligent-tiering": true, "inventory": true, "metrics": true}

func bucketOperation(method string, query url.Values) string {
	for key, noun := range bucketSubresources {
		if query.Has(key) {
			return settingOperation(method, key, noun, query)
		}
	}
	switch method {
	case http.MethodHead:
		return "HeadBucket"
	case http.MethodPut:
		return "CreateBucket"
	case http.MethodDelete:
		return "DeleteBucket"
	case http.MethodPost:
		if query.Has("delete") {
			return "DeleteObjects"
		}
		return "PostObject"
	}
	switch {
	case query.Has("versions"):
		return "ListObjectVersions"
	case query.Has("uploads"):
		return "ListMultipartUploads"
	case query.Has("session"):
		return "CreateSession"
	case query.Get("list-type") == "2":
		return "ListObjectsV2"
	}
	return "ListObjects"
}

func settingOperation(method, key, noun string, query url.Values) string {
	switch method {
	case http.MethodGet, http.MethodHead:
		if listed[key] && !query.Has("id") {
			return "List" + noun + "s"
		}
		return "Get" + noun
	case http.MethodDelete:
		return "Delete" + strings.Replace(noun, "LifecycleConfiguration", "Lifecycle", 1)
	case http.MethodPost:
		return "Create" + noun
	}
	if strings.HasPrefix(noun, "BucketMetadata") {
		return "Update" + noun
	}
	return "Put" + noun
}
