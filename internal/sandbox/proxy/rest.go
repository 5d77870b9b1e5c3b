package proxy

import (
	"net/http"
	"strings"
)

// route is one operation of a REST service; * stands for one path segment.
type route struct{ method, path, name string }

// restOperation finds the route of a request; an unknown one is named by its method and path.
func restOperation(routes []route, service string, r *http.Request) Operation {
	path := strings.Trim(r.URL.Path, "/")
	for _, candidate := range routes {
		if candidate.method == r.Method && matchPath(candidate.path, path) {
			return operation(service, candidate.name)
		}
	}
	return genericREST(service, r)
}

func genericREST(service string, r *http.Request) Operation {
	op := Operation{Service: service, Name: r.Method + " " + r.URL.Path, Class: Change}
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions {
		op.Class = Read
	}
	return op
}

func matchPath(pattern, path string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != "*" && want[i] != got[i] {
			return false
		}
	}
	return true
}
