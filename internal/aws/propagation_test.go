package aws

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
)

func TestRefusalsPassWhileTheProfileIsNew(t *testing.T) {
	// The server's clock, not this machine's, says how old the profile is.
	now := time.Date(2031, 5, 1, 12, 0, 0, 0, time.UTC)
	wrong := &smithy.GenericAPIError{Code: "InvalidParameterValue", Message: "no"}
	tests := []struct {
		name string
		err  error
		age  time.Duration
		gone bool
		want engine.Meaning
	}{
		{name: "new profile", err: wrong, age: 20 * time.Second, want: engine.NotYet},
		{name: "new profile, group", err: &smithy.GenericAPIError{Code: "ValidationError"}, age: 0, want: engine.NotYet},
		{name: "old profile", err: wrong, age: time.Hour, want: engine.Other},
		{name: "no profile", err: wrong, gone: true, want: engine.Other},
		{name: "another refusal", err: &smithy.GenericAPIError{Code: "UnauthorizedOperation"}, want: engine.Denied},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", now.Format(http.TimeFormat))
				if test.gone {
					w.WriteHeader(http.StatusNotFound)
					fmt.Fprint(w, "<ErrorResponse><Error><Code>NoSuchEntity</Code></Error></ErrorResponse>")
					return
				}
				fmt.Fprintf(w, `<GetInstanceProfileResponse><GetInstanceProfileResult><InstanceProfile><CreateDate>%s</CreateDate></InstanceProfile></GetInstanceProfileResult></GetInstanceProfileResponse>`,
					now.Add(-test.age).Format(time.RFC3339))
			}))
			defer server.Close()
			c := NewClients(aws.Config{
				Region: "us-east-1", BaseEndpoint: aws.String(server.URL),
				Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
			})
			if got := Classify(c.whileNew(t.Context(), "web", test.err)); got != test.want {
				t.Errorf("got meaning %v, want %v", got, test.want)
			}
		})
	}
	if err := (&Clients{}).whileNew(t.Context(), "web", nil); err != nil {
		t.Errorf("a success became %v", err)
	}
}

func TestRefusalsPassWhileTheServicesRoleIsNew(t *testing.T) {
	now := time.Date(2031, 5, 1, 12, 0, 0, 0, time.UTC)
	for roles, want := range map[string]engine.Meaning{
		`<member><CreateDate>` + now.Add(-time.Minute).Format(time.RFC3339) + `</CreateDate></member>`: engine.NotYet,
		`<member><CreateDate>` + now.Add(-time.Hour).Format(time.RFC3339) + `</CreateDate></member>`:   engine.Other,
		``: engine.Other,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", now.Format(http.TimeFormat))
			if r.FormValue("Action") == "ListRoles" {
				fmt.Fprintf(w, `<ListRolesResponse><ListRolesResult><Roles>%s</Roles></ListRolesResult></ListRolesResponse>`, roles)
				return
			}
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, "<ErrorResponse><Error><Code>InvalidParameterValue</Code></Error></ErrorResponse>")
		}))
		c := NewClients(aws.Config{
			Region: "us-east-1", BaseEndpoint: aws.String(server.URL),
			Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
		})
		err := dbSubnetGroups{c}.Create(t.Context(), engine.Identity{}, DBSubnetGroup{Name: "web"})
		if got := Classify(err); err == nil || got != want {
			t.Errorf("roles %q: got meaning %v of %v, want %v", roles, got, err, want)
		}
		server.Close()
	}
}

func TestRefusalsPassWhileTheTemplateIsNew(t *testing.T) {
	now := time.Date(2031, 5, 1, 12, 0, 0, 0, time.UTC)
	for age, want := range map[time.Duration]engine.Meaning{time.Second: engine.NotYet, time.Minute: engine.Other} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", now.Format(http.TimeFormat))
			switch r.FormValue("Action") {
			case "DescribeLaunchTemplateVersions":
				fmt.Fprintf(w, `<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet><item><createTime>%s</createTime><launchTemplateData>
					<iamInstanceProfile><name>web</name></iamInstanceProfile></launchTemplateData></item></launchTemplateVersionSet></DescribeLaunchTemplateVersionsResponse>`,
					now.Add(-age).Format(time.RFC3339))
			default: // the group's create is refused, and the profile is long gone
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprint(w, "<ErrorResponse><Error><Code>ValidationError</Code></Error></ErrorResponse>")
			}
		}))
		c := NewClients(aws.Config{
			Region: "us-east-1", BaseEndpoint: aws.String(server.URL),
			Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
		})
		err := autoScalingGroups{c}.Create(t.Context(), engine.Identity{}, AutoScalingGroup{Name: "web", Template: engine.ID[LaunchTemplate]("lt-0a"), Version: engine.Known("3")})
		if got := Classify(err); err == nil || got != want {
			t.Errorf("a template made %s ago: got meaning %v of %v, want %v", age, got, err, want)
		}
		server.Close()
	}
}
