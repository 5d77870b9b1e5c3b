package session

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// Topic is where people hear of what happens by mail.
type Topic struct {
	SNS *sns.Client
	ARN string
}

// Publish sends a text. The subject is at most 100 characters of ASCII.
func (t Topic) Publish(ctx context.Context, subject, text string) error {
	_, err := t.SNS.Publish(ctx, &sns.PublishInput{TopicArn: aws.String(t.ARN), Subject: aws.String(subject), Message: aws.String(text)})
	return err
}
