package proxy

import (
	"encoding/json"
	"net/http"
	"strings"
)

// registryService is the name that calls of a container registry have here: they are not signed as those of AWS are.
const registryService = "registry"

// registryOperation names a call of the OCI distribution API, whose specification has numbers for them ("end-4") only.
//
// Source: "Endpoints" in github.com/opencontainers/distribution-spec.
func registryOperation(r *http.Request) Operation {
	path := strings.Trim(r.URL.Path, "/")
	kind := "Ping"
	switch {
	case strings.Contains(path, "/blobs/uploads"):
		kind = map[string]string{http.MethodPost: "StartUpload", http.MethodPatch: "PatchUpload", http.MethodPut: "PutUpload"}[r.Method]
		if kind == "" {
			kind = method(r) + "Upload"
		}
	case strings.Contains(path, "/blobs/"):
		kind = method(r) + "Blob"
	case strings.Contains(path, "/manifests/"):
		kind = method(r) + "Manifest"
	case strings.HasSuffix(path, "/tags/list"):
		kind = "ListTags"
	case strings.Contains(path, "/referrers/"):
		kind = "ListReferrers"
	}
	op := operation(registryService, kind)
	if kind == "Ping" {
		op.Class = Read
	}
	return op
}

// method is the request's, in one capital letter.
func method(r *http.Request) string { return r.Method[:1] + strings.ToLower(r.Method[1:]) }

// isRegistry tells a call of the registry from one of a bucket that is called v2.
func isRegistry(service string, r *http.Request) bool {
	return service == "" && (r.URL.Path == "/v2" || strings.HasPrefix(r.URL.Path, "/v2/"))
}

// registryCodes are the specification's names of the general refusals.
var registryCodes = map[string]Error{
	"*throttled": {Code: "TOOMANYREQUESTS", Status: http.StatusTooManyRequests},
	"*failed":    {Code: "UNKNOWN", Status: http.StatusInternalServerError},
	"*expired":   {Code: "DENIED", Message: "Your authorization token has expired. Reauthenticate and try again.", Status: http.StatusForbidden},
	"*denied":    {Code: "DENIED", Status: http.StatusForbidden},
}

// renderRegistry answers as a registry does.
func (e *Error) renderRegistry() *answer {
	code, message, status := e.Code, e.Message, e.Status
	if known, found := registryCodes[e.Code]; found {
		code, status = known.Code, known.Status
		if known.Message != "" {
			message = known.Message
		}
	}
	if status == 0 {
		status = http.StatusBadRequest
	}
	body, _ := json.Marshal(map[string]any{"errors": []map[string]string{{"code": code, "message": message}}}) // strings always marshal
	return &answer{status, http.Header{"Content-Type": {"application/json"}}, body}
}
