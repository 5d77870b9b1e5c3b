package proxy

import (
	"net/http"
	"net/url"
)

// objectSubresources maps a query key to the noun in the operation's name, for settings of an object.
var objectSubresources = map[string]string{
	"acl": "ObjectAcl", "attributes": "ObjectAttributes", "legal-hold": "ObjectLegalHold", "retention": "ObjectRetention",
	"tagging": "ObjectTagging", "torrent": "ObjectTorrent",
}

func objectOperation(r *http.Request, query url.Values) string {
	for key, noun := range objectSubresources {
		if query.Has(key) {
			return settingOperation(r.Method, key, noun, query)
		}
	}
	copied := r.Header.Get("X-Amz-Copy-Source") != ""
	switch r.Method {
	case http.MethodHead:
		return "HeadObject"
	case http.MethodGet:
		if query.Has("uploadId") {
			return "ListParts"
		}
		return "GetObject"
	case http.MethodDelete:
		if query.Has("uploadId") {
			return "AbortMultipartUpload"
		}
		return "DeleteObject"
	case http.MethodPost:
		return objectPost(query)
	}
	switch {
	case query.Has("uploadId") && copied:
		return "UploadPartCopy"
	case query.Has("uploadId"):
		return "UploadPart"
	case query.Has("renameObject"):
		return "RenameObject"
	case query.Has("encryption"):
		return "UpdateObjectEncryption"
	case copied:
		return "CopyObject"
	}
	return "PutObject"
}

func objectPost(query url.Values) string {
	switch {
	case query.Has("uploads"):
		return "CreateMultipartUpload"
	case query.Has("uploadId"):
		return "CompleteMultipartUpload"
	case query.Has("restore"):
		return "RestoreObject"
	case query.Has("select"):
		return "SelectObjectContent"
	}
	return "PostObject"
}
