package aws

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

// Deed is a change that somebody made by a call to AWS.
type Deed struct {
	// Who is the user's name or the session's, What the call.
	Who, What string
	When      time.Time
}

// LastDeed is the last change of an object, by its id, since a time; false where
// AWS does not know of one, or does not tell. It knows of a change some minutes
// after it was made, and is asked twice a second at most.
// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
func (c *Clients) LastDeed(ctx context.Context, id string, since time.Time) (Deed, bool) {
	for _, name := range []string{id, id[strings.LastIndexAny(id, "/:")+1:]} { // services record the ARN, or the name in it
		out, err := c.Trail.LookupEvents(ctx, &cloudtrail.LookupEventsInput{
			LookupAttributes: []types.LookupAttribute{{AttributeKey: types.LookupAttributeKeyResourceName, AttributeValue: aws.String(name)}},
			StartTime:        aws.Time(since), MaxResults: aws.Int32(50),
		})
		if err != nil {
			return Deed{}, false
		}
		for _, e := range out.Events { // the newest first
			if aws.ToString(e.ReadOnly) != "true" {
				return Deed{aws.ToString(e.Username), aws.ToString(e.EventName), aws.ToTime(e.EventTime)}, true
			}
		}
	}
	return Deed{}, false
}
