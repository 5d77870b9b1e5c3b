package aws

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"
)

// account answers the calls of Facts as AWS words them, and counts them.
type account struct {
	zones, offers, subnets, images string
	mu                             sync.Mutex
	calls                          []string
	asked                          map[string]url.Values
}

func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	action := form.Get("Action")
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		action = target
	}
	a.mu.Lock()
	a.calls = append(a.calls, action)
	if a.asked == nil {
		a.asked = map[string]url.Values{}
	}
	a.asked[action] = form
	a.mu.Unlock()
	switch action {
	case "GetCallerIdentity":
		fmt.Fprint(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/ops</Arn><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
	case "DescribeAvailabilityZones":
		fmt.Fprintf(w, `<DescribeAvailabilityZonesResponse><availabilityZoneInfo>%s</availabilityZoneInfo></DescribeAvailabilityZonesResponse>`, a.zones)
	case "DescribeInstanceTypeOfferings":
		fmt.Fprintf(w, `<DescribeInstanceTypeOfferingsResponse><instanceTypeOfferingSet>%s</instanceTypeOfferingSet></DescribeInstanceTypeOfferingsResponse>`, a.offers)
	case "DescribeSubnets":
		fmt.Fprintf(w, `<DescribeSubnetsResponse><subnetSet>%s</subnetSet></DescribeSubnetsResponse>`, a.subnets)
	case "DescribeImages":
		fmt.Fprintf(w, `<DescribeImagesResponse><imagesSet>%s</imagesSet></DescribeImagesResponse>`, a.images)
	case "AmazonSSM.GetParameters":
		a.parameters(w, body)
	default:
		w.WriteHeader(http.StatusBadRequest)
	}
}

func (a *account) parameters(w http.ResponseWriter, body []byte) {
	var in struct{ Names []string }
	_ = json.Unmarshal(body, &in)
	var found []map[string]string
	for _, name := range in.Names {
		found = append(found, map[string]string{"Name": name, "Value": "ami-" + name[strings.LastIndex(name, "-")+1:]})
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(map[string]any{"Parameters": found})
}

func (a *account) clients(t *testing.T) *Clients {
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	return NewClients(aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	})
}

func zoneXML(names ...string) string {
	var b strings.Builder
	for _, name := range names {
		kind := "availability-zone"
		if strings.Count(name, "-") > 2 {
			kind = "local-zone"
		}
		fmt.Fprintf(&b, `<item><zoneName>%s</zoneName><zoneType>%s</zoneType><zoneState>available</zoneState></item>`, name, kind)
	}
	return b.String()
}

func imageXML(id, arch, created string, tags ...string) string {
	var b strings.Builder
	for i := 0; i+1 < len(tags); i += 2 {
		fmt.Fprintf(&b, `<item><key>%s</key><value>%s</value></item>`, tags[i], tags[i+1])
	}
	return fmt.Sprintf(`<item><imageId>%s</imageId><imageState>available</imageState><architecture>%s</architecture><creationDate>%s</creationDate><tagSet>%s</tagSet></item>`, id, arch, created, b.String())
}

func questions() Questions {
	return Questions{
		Project: "keyedin", Environment: "production", Zones: 2,
		Types: []string{"t3.small", "t2.micro"}, Arch: "x86_64", BastionArch: "x86_64",
	}
}

func TestFactsOfAnEmptyAccount(t *testing.T) {
	a := &account{
		zones: zoneXML("us-east-1c", "us-east-1a", "us-east-1-bos-1a", "us-east-1b"),
		offers: `<item><instanceType>t3.small</instanceType><location>us-east-1a</location></item>
			<item><instanceType>t3.small</instanceType><location>us-east-1c</location></item>
			<item><instanceType>t2.micro</instanceType><location>us-east-1c</location></item>
			<item><instanceType>t2.micro</instanceType><location>us-east-1a</location></item>`,
	}
	got, err := a.clients(t).Facts(t.Context(), questions())
	if err != nil {
		t.Fatal(err)
	}
	want := Facts{
		Account: "123456789012", Partition: "aws", Region: "us-east-1", Caller: "arn:aws:iam::123456789012:user/ops",
		Zones: []string{"us-east-1a", "us-east-1c"}, Image: "ami-x86_64", BastionImage: "ami-x86_64",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFactsTakeThreeCallsOnceZonesAreRecorded(t *testing.T) {
	a := &account{}
	q := questions()
	q.Used, q.Arch, q.BastionArch = []string{"us-east-1d", "us-east-1b"}, "arm64", ""
	got, err := a.clients(t).Facts(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"us-east-1d", "us-east-1b"}; !slices.Equal(got.Zones, want) {
		t.Errorf("zones in use moved: got %v, want %v", got.Zones, want)
	}
	if got.Image != "ami-arm64" || got.BastionImage != "" {
		t.Errorf("got image %q and bastion image %q", got.Image, got.BastionImage)
	}
	slices.Sort(a.calls)
	if want := []string{"AmazonSSM.GetParameters", "DescribeImages", "GetCallerIdentity"}; !slices.Equal(a.calls, want) {
		t.Errorf("got calls %v, want %v", a.calls, want)
	}
}

func TestFactsFindTheZonesOfLiveSubnets(t *testing.T) {
	a := &account{
		zones: zoneXML("us-east-1a", "us-east-1b", "us-east-1c"),
		subnets: `<item><availabilityZone>us-east-1c</availabilityZone>
			<tagSet><item><key>address</key><value>subnet/private-a</value></item></tagSet></item>`,
	}
	got, err := a.clients(t).Facts(t.Context(), questions())
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"us-east-1c", "us-east-1a"}; !slices.Equal(got.Zones, want) {
		t.Errorf("got %v, want %v", got.Zones, want)
	}
}

func TestFactsOfImages(t *testing.T) {
	good := []string{"project", "keyedin", TagImage, ImageGood}
	tests := []struct {
		name, image, listed, want string
		baked                     bool
		refused                   string
	}{
		{name: "newest baked", listed: imageXML("ami-old", "x86_64", "2026-01-02T00:00:00.000Z", good...) + imageXML("ami-new", "x86_64", "2026-03-02T00:00:00.000Z", good...), want: "ami-new", baked: true},
		{name: "none baked", want: "ami-x86_64"},
		{name: "asked for, someone else's", image: "ami-1", listed: imageXML("ami-1", "x86_64", "2026-01-02T00:00:00.000Z"), want: "ami-1"},
		{name: "asked for, our own", image: "ami-1", listed: imageXML("ami-1", "x86_64", "2026-01-02T00:00:00.000Z", good...), want: "ami-1", baked: true},
		{name: "asked for, not there", image: "ami-1", refused: "there is no such image"},
		{name: "asked for, of another system", image: "ami-1", refused: "its root disk is /dev/sda1", listed: strings.Replace(
			imageXML("ami-1", "x86_64", "2026-01-02T00:00:00.000Z"), "<tagSet>", "<rootDeviceName>/dev/sda1</rootDeviceName><tagSet>", 1)},
		{name: "asked for, other architecture", image: "ami-1", listed: imageXML("ami-1", "arm64", "2026-01-02T00:00:00.000Z"), refused: "it is for arm64"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := &account{zones: zoneXML("us-east-1a", "us-east-1b"), images: test.listed}
			q := questions()
			q.Image = test.image
			got, err := a.clients(t).Facts(t.Context(), q)
			if test.refused != "" {
				var refusal *NoImage
				if !errors.As(err, &refusal) || !strings.HasPrefix(refusal.Why, test.refused) {
					t.Errorf("got error %v, want NoImage: %s", err, test.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Image != test.want || got.ImageIsBaked != test.baked {
				t.Errorf("got %s, baked %v; want %s, %v", got.Image, got.ImageIsBaked, test.want, test.baked)
			}
			if asked := a.asked["DescribeImages"]; (asked.Get("Owner.1") == "self") != (test.image == "") {
				t.Errorf("asked for images with %v", asked)
			}
		})
	}
}

func TestFactsRefuse(t *testing.T) {
	q := questions()
	q.Account = "210987654321"
	_, err := (&account{zones: zoneXML("us-east-1a", "us-east-1b")}).clients(t).Facts(t.Context(), q)
	var wrong *WrongAccount
	if !errors.As(err, &wrong) || wrong.Got != "123456789012" {
		t.Errorf("got %v, want WrongAccount", err)
	}
	q = questions()
	q.Zones = 3
	_, err = (&account{zones: zoneXML("us-east-1a", "us-east-1b")}).clients(t).Facts(t.Context(), q)
	var few *TooFewZones
	if !errors.As(err, &few) || len(few.Have) != 2 {
		t.Errorf("got %v, want TooFewZones", err)
	}
	_, err = (&account{
		zones:  zoneXML("us-east-1a", "us-east-1b"),
		offers: `<item><instanceType>t3.small</instanceType><location>us-east-1a</location></item>`,
	}).clients(t).Facts(t.Context(), questions())
	var missing *NotOffered
	if !errors.As(err, &missing) || !slices.Equal(missing.Types, []string{"t2.micro"}) {
		t.Errorf("got %v, want NotOffered: t2.micro", err)
	}
}

func TestSubnetPosition(t *testing.T) {
	for address, want := range map[string]int{
		"subnet/public-a": 0, "subnet/private-c": 2, "subnet/public-": -1, "subnet/other-a": -1, "vpc/public-a": -1, "subnet/public-ab": -1,
	} {
		got, ok := SubnetPosition(address)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("SubnetPosition(%q) = %d, want %d", address, got, want)
		}
	}
}
