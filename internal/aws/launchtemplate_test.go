package aws

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/keyedin-app/keyedin-infra/internal/engine"
	"github.com/keyedin-app/keyedin-infra/internal/engine/enginetest"
	"github.com/keyedin-app/keyedin-infra/internal/sandbox/bench"
)

// webTemplate is a template whose parts need not exist to declare it.
func webTemplate(st *engine.Stack) LaunchTemplate {
	return LaunchTemplate{
		Name: "sample-" + st.Environment, Image: "ami-0123456789abcdef0", Profile: engine.ID[InstanceProfile]("sample-" + st.Environment),
		SecurityGroups: engine.Set[engine.Ref[SecurityGroup]]{engine.ID[SecurityGroup]("sg-0bbb"), engine.ID[SecurityGroup]("sg-0aaa")},
		PublicIP:       true, UserData: engine.Known("#!/bin/sh\necho \"ready\" && true\n"),
		Disk:         Disk{Device: RootDevice, Size: 20, Type: "gp3", Encrypted: true},
		Metadata:     Metadata{Tokens: "required", HopLimit: 2},
		InstanceTags: map[string]string{"Name": "sample", "project": st.Project},
	}
}

func TestLaunchTemplate(t *testing.T) {
	with := func(edit func(*LaunchTemplate)) enginetest.Step {
		return func(st *engine.Stack) {
			s := webTemplate(st)
			edit(&s)
			engine.Add(st, "web", s)
		}
	}
	conform(t,
		with(func(*LaunchTemplate) {}),
		with(func(s *LaunchTemplate) { s.Image = "ami-0fedcba9876543210" }),
		with(func(s *LaunchTemplate) { s.UserData = engine.Known("#!/bin/sh\n") }),
		with(func(s *LaunchTemplate) { s.UserData = engine.Known("") }),
		with(func(s *LaunchTemplate) { s.SecurityGroups, s.PublicIP = s.SecurityGroups[:1], false }),
		with(func(s *LaunchTemplate) { s.Disk = Disk{Device: "/dev/sda1", Size: 30, Type: "gp2"} }),
		with(func(s *LaunchTemplate) { s.Metadata = Metadata{Tokens: "optional", HopLimit: 1} }),
		with(func(s *LaunchTemplate) { s.Monitoring, s.InstanceTags = true, nil }),
		with(func(s *LaunchTemplate) { s.Key, s.Profile = engine.Known("ops"), engine.ID[InstanceProfile]("other") }),
	)
}

// templateFixture is a template made directly, and its driver.
func templateFixture(t *testing.T) (launchTemplates, LaunchTemplate, engine.Live[LaunchTemplate]) {
	t.Parallel()
	d := launchTemplates{ec2Kind{NewClients(bench.Start(t).Config())}}
	spec := webTemplate(engine.NewStack("sample", "test", nil))
	id := engine.Identity{Token: "1", Tags: engine.Identify("sample", "test", "launch-template/web")}
	if err := d.Create(t.Context(), id, spec); err != nil {
		t.Fatal(err)
	}
	return d, spec, readTemplate(t, d)
}

func readTemplate(t *testing.T, d launchTemplates) engine.Live[LaunchTemplate] {
	t.Helper()
	lives, err := d.Read(t.Context(), engine.NewScope("sample", "test", nil))
	if err != nil || len(lives) != 1 {
		t.Fatalf("read %v, %v", lives, err)
	}
	return lives[0]
}

func latestVersion(t *testing.T, d launchTemplates, id string) int64 {
	t.Helper()
	v, err := d.version(t.Context(), id, "$Latest")
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToInt64(v.VersionNumber)
}

func TestLaunchTemplateTakesUpTheVersionOfAnInterruptedRun(t *testing.T) {
	d, spec, live := templateFixture(t)
	spec.Image = "ami-0fedcba9876543210"
	if _, err := d.EC2.CreateLaunchTemplateVersion(t.Context(), &ec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateId: aws.String(live.ID), LaunchTemplateData: spec.data(),
	}); err != nil {
		t.Fatal(err)
	}
	if got := readTemplate(t, d); got.Spec.Image == spec.Image || got.Attrs["version"] != "1" {
		t.Errorf("a version that is not the default is read as the template: %v %v", got.Spec, got.Attrs)
	}
	if err := d.Update(t.Context(), live, spec, engine.Fields{"image"}); err != nil {
		t.Fatal(err)
	}
	if got := readTemplate(t, d); got.Spec.Image != spec.Image || got.Attrs["version"] != "2" {
		t.Errorf("the default is %v %v, want version 2 with %s", got.Spec, got.Attrs, spec.Image)
	}
	if n := latestVersion(t, d, live.ID); n != 2 {
		t.Errorf("version %d was made though 2 is as wanted", n)
	}
}

func TestLaunchTemplateGoesBackByANewVersion(t *testing.T) {
	d, spec, live := templateFixture(t)
	for _, image := range []string{"ami-0fedcba9876543210", spec.Image} {
		want := spec
		want.Image = image
		if err := d.Update(t.Context(), live, want, engine.Fields{"image"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := readTemplate(t, d); got.Attrs["version"] != "3" || got.Spec.Image != spec.Image {
		t.Errorf("got version %v with %s, want 3 with %s", got.Attrs["version"], got.Spec.Image, spec.Image)
	}
}

func TestLaunchTemplateKeepsTenVersions(t *testing.T) {
	d, spec, live := templateFixture(t)
	for n := range 12 {
		spec.Image = fmt.Sprintf("ami-%017d", n)
		if err := d.Update(t.Context(), live, spec, engine.Fields{"image"}); err != nil {
			t.Fatal(err)
		}
	}
	out, err := d.EC2.DescribeLaunchTemplateVersions(t.Context(), &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: aws.String(live.ID)})
	if err != nil {
		t.Fatal(err)
	}
	oldest := aws.ToInt64(out.LaunchTemplateVersions[0].VersionNumber)
	for _, v := range out.LaunchTemplateVersions {
		oldest = min(oldest, aws.ToInt64(v.VersionNumber))
	}
	if len(out.LaunchTemplateVersions) != versionsKept || oldest != 4 {
		t.Errorf("%d versions are left, the oldest is %d; want %d from 4 on", len(out.LaunchTemplateVersions), oldest, versionsKept)
	}
}

func TestLaunchTemplateOfSomeoneElse(t *testing.T) {
	d, _, live := templateFixture(t)
	known := []engine.Expected{{Kind: "launch-template", Address: "launch-template/web", Document: engine.Document{"name": live.Spec.Name}}}
	lives, err := d.Read(t.Context(), engine.NewScope("other", "test", known))
	if err != nil || len(lives) != 1 || !lives[0].Foreign {
		t.Errorf("another project reads %v, %v; want the template as foreign", lives, err)
	}
	lives, err = d.Read(t.Context(), engine.NewScope("other", "test", nil))
	if err != nil || len(lives) != 0 {
		t.Errorf("another project that wants no template reads %v, %v", lives, err)
	}
}
