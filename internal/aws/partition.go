package aws

import "strings"

// partition is the part of AWS that the region belongs to, which ARNs begin
// with: aws, aws-cn or aws-us-gov.
func (c *Clients) partition() string {
	switch region := c.Config.Region; {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// domainSuffix is what the names of AWS's endpoints end in.
func (c *Clients) domainSuffix() string {
	if c.partition() == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}
