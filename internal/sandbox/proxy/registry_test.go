package proxy

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestIdentifyRegistry(t *testing.T) {
	t.Parallel()
	for request, want := range map[string]string{
		"GET /v2/": "registry:Ping read",
		"HEAD /v2/keyedin/backend/blobs/sha256:00":       "registry:HeadBlob read",
		"POST /v2/keyedin/backend/blobs/uploads/":        "registry:StartUpload change",
		"PATCH /v2/keyedin/backend/blobs/uploads/7":      "registry:PatchUpload change",
		"PUT /v2/keyedin/backend/blobs/uploads/7":        "registry:PutUpload change",
		"GET /v2/keyedin/backend/blobs/uploads/7":        "registry:GetUpload read",
		"GET /v2/keyedin/backend/manifests/1.0":          "registry:GetManifest read",
		"PUT /v2/keyedin/backend/manifests/1.0":          "registry:PutManifest change",
		"GET /v2/keyedin/backend/tags/list":              "registry:ListTags read",
		"GET /v2/keyedin/backend/referrers/sha256:00":    "registry:ListReferrers read",
		"DELETE /v2/keyedin/backend/manifests/sha256:00": "registry:DeleteManifest change",
	} {
		var method, path string
		for i := range request {
			if request[i] == ' ' {
				method, path = request[:i], request[i+1:]
			}
		}
		op := Identify(httptest.NewRequest(method, path, nil), nil)
		if got := op.String() + " " + string(op.Class); got != want {
			t.Errorf("%s is %s, not %s", request, got, want)
		}
	}
	signed := httptest.NewRequest(http.MethodGet, "/v2/key", nil)
	signed.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0")
	if op := Identify(signed, nil); op.Service != "s3" {
		t.Errorf("a bucket that is called v2 is %s", op)
	}
}

func TestRegistryErrors(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "/v2/keyedin/backend/manifests/1.0", nil)
	for _, c := range []struct {
		error  *Error
		status int
		body   string
	}{
		{Throttled(), 429, `{"errors":[{"code":"TOOMANYREQUESTS","message":"Rate exceeded"}]}`},
		{Failure(), 500, `{"errors":[{"code":"UNKNOWN","message":"An internal error has occurred"}]}`},
		{&Error{Code: "TAG_INVALID", Message: "m"}, 400, `{"errors":[{"code":"TAG_INVALID","message":"m"}]}`},
	} {
		if a := c.error.render(r, Identify(r, nil)); a.status != c.status || string(a.body) != c.body {
			t.Errorf("%s is answered with %d %s", c.error.Code, a.status, a.body)
		}
	}
}
