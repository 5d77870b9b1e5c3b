package proxy

import (
	"net/http"
	"net/url"
	"strings"
)

// Class says what a call does to the account.
type Class string

// The classes of calls. State calls change objects below infrastructure/ in a bucket: the tool's own notes and locks.
const (
	Read   Class = "read"
	Change Class = "change"
	State  Class = "state"
)

// Operation is one AWS call as its API reference names it.
type Operation struct {
	Service string // signing name, e.g. "elasticloadbalancing", "monitoring"; "" for unsigned calls that name none
	Name    string // e.g. "CreateVpc"; for REST services that are not in the tables "POST /path"
	Class   Class
	Bucket  string // of S3 calls
	Key     string // of S3 object calls
}

// Mutating is true when the call can change something: infrastructure or state.
func (o Operation) Mutating() bool { return o.Class != Read }

func (o Operation) String() string { return o.Service + ":" + o.Name }

// Identify names the operation of a signed AWS request. The body is that of the request, which stays unread.
//
// Sources: AWS query, json, rest-xml and smithy rpc-v2-cbor protocols (smithy.io/2.0/aws/protocols), the credential
// scope of Signature Version 4.
func Identify(r *http.Request, body []byte) Operation {
	service := scope(r)
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		prefix, name, found := cutLast(target, ".")
		if service == "" && found {
			service = strings.ToLower(prefix)
		}
		return operation(service, name)
	}
	if name, found := cborOperation(r); found {
		return operation(service, name)
	}
	if name, dry, found := queryAction(r, body); found {
		op := operation(service, name)
		if dry {
			op.Class = Read
		}
		return op
	}
	switch {
	case service == "s3" || service == "" && strings.HasPrefix(r.Host, "s3"):
		return s3Operation(r)
	case isRegistry(service, r):
		return registryOperation(r)
	case service == "route53":
		return restOperation(route53Routes, "route53", r)
	}
	return genericREST(service, r)
}

func operation(service, name string) Operation {
	return Operation{Service: service, Name: name, Class: classOf(service, name)}
}

// scope reads the service from the credential scope: KEY/20260101/us-east-1/SERVICE/aws4_request, where version 4a
// has no region.
func scope(r *http.Request) string {
	credential := r.URL.Query().Get("X-Amz-Credential")
	if _, after, found := strings.Cut(r.Header.Get("Authorization"), "Credential="); found {
		credential, _, _ = strings.Cut(after, ",")
	}
	parts := strings.Split(strings.TrimSpace(credential), "/")
	if len(parts) < 4 || parts[len(parts)-1] != "aws4_request" {
		return ""
	}
	return parts[len(parts)-2]
}

// cborOperation reads /service/NAME/operation/NAME.
func cborOperation(r *http.Request) (string, bool) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if r.Header.Get("Smithy-Protocol") == "" || len(parts) < 4 || parts[len(parts)-2] != "operation" {
		return "", false
	}
	return parts[len(parts)-1], true
}

// queryAction reads Action from the form or the query, and whether the call is a dry run.
func queryAction(r *http.Request, body []byte) (action string, dry, found bool) {
	form := r.URL.Query()
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		if parsed, err := url.ParseQuery(string(body)); err == nil && parsed.Has("Action") {
			form = parsed
		}
	}
	return form.Get("Action"), form.Get("DryRun") == "true", form.Has("Action")
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+len(sep):], true
}
