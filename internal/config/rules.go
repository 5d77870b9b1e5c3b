package config

// The longest names that AWS takes.
const (
	bucketLimit = 63 // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
	ownTags     = 6  // project, environment, address, managed-by, Name, and one for the token of a create call
	tagLimit    = 50 // https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
)

// Patterns of values, in the syntax that RE2 and JSON Schema share.
const (
	wordPattern = `^[a-z](-?[a-z0-9])*$`
	// https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
	regionPattern  = `^(us-gov|us-iso[a-z]?|eu-iso[a-z]|eusc-de|[a-z]{2})-(north|south|east|west|central|northeast|northwest|southeast|southwest)-[1-9][0-9]?$`
	accountPattern = `^([0-9]{12})?$`
	domainPattern  = `^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$`
	// A VPC may be /16 to /28; a subnet is a sixteenth of it, and a load balancer's is at least a /27.
	// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
	vpcPattern  = `^[0-9]{1,3}(\.[0-9]{1,3}){3}/(1[6-9]|2[0-3])$`
	cidrPattern = `^[0-9]{1,3}(\.[0-9]{1,3}){3}/([89]|[12][0-9]|3[0-2])$`
	// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
	repositoryPattern = `^([a-z0-9]+([._-][a-z0-9]+)*/)*[a-z0-9]+([._-][a-z0-9]+)*$`
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
	healthPattern = `^/[!-~]*$`
	// One line, of which a shell may make words.
	commandPattern = `^([^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?)?$`
	// What a repository is called in the claims of GitHub's tokens; with @ and their
	// ids behind owner and name where GitHub has made these part of it.
	// https://docs.github.com/en/actions/reference/security/oidc#immutable-subject-claims
	githubPattern = `^(` + githubOwner + `/` + githubName + `|` + githubOwner + githubID + `/` + githubName + githubID + `)?$`
	githubOwner   = `[A-Za-z0-9][A-Za-z0-9_-]{0,38}`
	githubName    = `[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}`
	githubID      = `@[1-9][0-9]{0,18}`
	imagePattern  = `^(ami-([0-9a-f]{8}|[0-9a-f]{17}))?$`
	// https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
	familyPattern   = `[a-z]+(-[0-9]+tb)?[0-9]+[a-z0-9-]*`
	sizePattern     = `(nano|micro|small|medium|large|xlarge|[1-9][0-9]{0,2}xlarge|metal|metal-[1-9][0-9]?xl)`
	instancePattern = `^` + familyPattern + `\.` + sizePattern + `$`
	bastionPattern  = `^(none|` + familyPattern + `\.` + sizePattern + `)$`
	// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Updates.Versions.html
	enginePattern = `^(aurora-mysql-(8\.0|5\.7)|8\.0\.mysql_aurora\.3\.[0-9]{2}\.[0-9]{1,2}|5\.7\.mysql_aurora\.2\.[0-9]{2}\.[0-9]{1,2})$`
	// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.DBInstanceClass.SupportAurora.html
	classPattern  = `^(db\.(t2|t3|t4g|r[3-9][a-z]*|x2g)\.` + sizePattern + `)?$`
	bucketPattern = `^[a-z0-9][a-z0-9-]*[a-z0-9]$`
	emailPattern  = `^[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]$`
	// https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
	tagPattern = `^[\p{L}\p{Z}\p{N}_.:/=+@-]*$`
)

// rule is what a value must be. Schema and validation are both made from it.
type rule struct {
	must     string   // completes "name must be"
	choices  []string // of a word
	pattern  string   // of a text
	min, max float64  // of a number, of a text's length, of a list's or a map's count
	step     float64  // of a number
}

// rules are all rules by path; [] stands for an item of a list, * for any key.
func rules() map[string]rule {
	word := "lower-case letters and digits with single hyphens between them, beginning with a letter"
	bucket := rule{must: "3 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends", pattern: bucketPattern, min: 3, max: bucketLimit}
	return map[string]rule{
		"name":        {must: word + ", at most 63", pattern: wordPattern, min: 1, max: 63},
		"environment": {must: word + ", at most 32", pattern: wordPattern, min: 1, max: 32},
		"region":      {must: "an AWS region", pattern: regionPattern, min: 1, max: 32},
		"profile":     {must: "a profile's name of printable characters without brackets", pattern: `^[^\[\]\x00-\x1f\x7f]*$`, max: 128},
		"account":     {must: "12 digits, or empty for any account", pattern: accountPattern, max: 12},
		// ACM takes at most 64 characters as a certificate's first name.
		// https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
		"domain":     {must: "an apex domain in lower case of at least two labels and at most 64 characters", pattern: domainPattern, min: 3, max: 64},
		"monitoring": {choices: []string{"basic", "full"}},

		"network.cidr":  {must: "an IPv4 range from /16 to /23", pattern: vpcPattern, min: 1, max: 18},
		"network.zones": {must: "2 or 3", min: 2, max: 3},
		"network.nat":   {choices: []string{"none", "single", "per-zone"}},

		"app.runtime":        {choices: []string{"ec2", "ecs"}},
		"app.subnets":        {choices: []string{"public", "private"}},
		"app.repositories":   {must: "1 to 20 repositories", min: 1, max: 20},
		"app.repositories[]": {must: "2 to 256 lower-case letters and digits, with . _ - / between them", pattern: repositoryPattern, min: 2, max: 256},
		"app.health-check":   {must: "a path that begins with /, at most 1024 characters without spaces", pattern: healthPattern, min: 1, max: 1024},
		"app.image":          {must: "an AMI such as ami-0123456789abcdef0, or empty", pattern: imagePattern, max: 21},

		"deploy.before": {must: "a command in one line of at most 1024 characters, or empty", pattern: commandPattern, max: 1024},

		"ci.github": {must: "a repository as owner/repository, or empty", pattern: githubPattern, max: 180},

		// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_LaunchTemplateOverrides.html
		"app.instances.types":               {must: "1 to 40 instance types", min: 1, max: 40},
		"app.instances.types[]":             {must: "an instance type such as t3.small", pattern: instancePattern, min: 1, max: 32},
		"app.instances.on-demand":           {must: "0 to 500", min: 0, max: 500},
		"app.instances.min":                 {must: "1 to 500", min: 1, max: 500},
		"app.instances.max":                 {must: "1 to 500", min: 1, max: 500},
		"app.instances.requests-per-target": {must: "1 to 100000000", min: 1, max: 1e8},

		"database.engine": {must: "aurora-mysql-8.0, aurora-mysql-5.7 or a full version such as 8.0.mysql_aurora.3.08.2", pattern: enginePattern, min: 1, max: 40},
		"database.class":  {must: "a class that Aurora MySQL runs on, such as db.t3.medium or db.r7g.large", pattern: classPattern, max: 32},
		// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html
		"database.serverless.min": {must: "0 to 256 capacity units in steps of 0.5", min: 0, max: 256, step: 0.5},
		"database.serverless.max": {must: "1 to 256 capacity units in steps of 0.5", min: 1, max: 256, step: 0.5},
		// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Replication.html
		"database.readers":     {must: "0 to 15", min: 0, max: 15},
		"database.backup-days": {must: "1 to 35", min: 1, max: 35},

		"bastion.type": {must: "an instance type such as t2.micro, or none", pattern: bastionPattern, min: 1, max: 32},
		// https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
		"bastion.allow":   {must: "at most 60 ranges, a security group's limit", max: 60},
		"bastion.allow[]": {must: "an IPv4 range such as 203.0.113.0/24", pattern: cidrPattern, min: 1, max: 18},

		"storage.public":  bucket,
		"storage.private": bucket,

		"alerts":   {must: "at most 20 addresses", max: 20},
		"alerts[]": {must: "an e-mail address", pattern: emailPattern, min: 3, max: 254},

		"messages":   {must: "a list of apply and deploy", max: 2},
		"messages[]": {choices: []string{"apply", "deploy"}},

		"tags":   {must: "at most 44 tags: AWS takes 50 and 6 are ours", max: tagLimit - ownTags},
		"tags.*": {must: "at most 256 letters, digits, spaces and _ . : / = + - @", pattern: tagPattern, max: 256},
	}
}
