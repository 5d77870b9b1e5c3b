package config

import "strings"

// faultCase is a text with one fault, or several, and a piece of what is said.
type faultCase struct {
	name, text string
	at         string // line:column of the first fault
	message    string
	hint       string
	onlyParse  bool // no schema can tell: it depends on other values, or on the text
}

// faultCases are texts that Parse must refuse.
func faultCases() []faultCase {
	return append(append(identityFaults(), networkFaults()...), append(appFaults(), databaseFaults()...)...)
}

func identityFaults() []faultCase {
	return []faultCase{
		{name: "unknown key", text: "nmae: x\n", at: "1:1", message: `unknown key "nmae"`, hint: `did you mean "name"?`},
		{name: "unknown key nothing near", text: "name: x\nfrobnicate: 1\n", at: "2:1", message: `unknown key "frobnicate"`, hint: "the keys here are name, environment"},
		{name: "key of another section", text: "cidr: 10.0.0.0/16\n", at: "1:1", message: `unknown key "cidr"`, hint: "cidr belongs in network"},
		{name: "key of the top", text: "app:\n  alerts: []\n", at: "2:3", message: `unknown key "alerts" in app`, hint: "alerts belongs at the top"},
		{name: "key in camel case", text: "app:\n  healthCheck: /\n", at: "2:3", hint: `did you mean "health-check"?`, message: `unknown key "healthCheck" in app`},
		{name: "the origin is no key", text: "Origin: x\n", at: "1:1", message: `unknown key "Origin"`},
		{name: "duplicate key", text: "name: a\nname: b\n", at: "2:1", message: `"name" is given twice, first at line 1`, hint: "keep one", onlyParse: true},
		{name: "name upper case", text: "name: KeyedIn\n", at: "1:7", message: "name must be", hint: `did you mean "keyedin"?`},
		{name: "name underscore", text: "name: key_in\n", at: "1:7", message: "name must be", hint: `did you mean "key-in"?`},
		{name: "name double hyphen", text: "name: a--b\n", at: "1:7", message: "name must be"},
		{name: "name begins with digit", text: "name: 1a\n", at: "1:7", message: "name must be"},
		{name: "name empty", text: "name: \"\"\n", at: "1:7", message: "name must be"},
		{name: "name null", text: "name:\nregion: us-east-1\n", at: "1:1", message: "name must be"},
		{name: "name too long", text: "name: " + strings.Repeat("a", 64) + "\n", at: "1:7", message: "at most 63"},
		{name: "name reserved by ssm", text: "name: aws-shop\n", at: "1:7", message: "AWS keeps that for itself", hint: "my-aws-shop", onlyParse: true},
		{name: "name reserved by ec2", text: "name: sg\n", at: "1:7", message: "security groups", onlyParse: true},
		{name: "name a list", text: "name: [a]\n", at: "1:7", message: "name must be text, not a list"},
		{name: "environment", text: "environment: Prod\n", at: "1:14", hint: `did you mean "prod"?`, message: "environment must be"},
		{name: "region slip", text: "region: us-esat-1\n", at: "1:9", message: "region must be an AWS region", hint: `did you mean "us-east-1"?`},
		{name: "region zone", text: "region: us-east-1a\n", at: "1:9", message: "region must be", hint: `did you mean "us-east-1"?`},
		{name: "account short", text: "account: 12345\n", at: "1:10", message: "12 digits", onlyParse: true},
		{name: "account with hyphens", text: "account: 1234-5678-9012\n", at: "1:10", message: "12 digits", hint: `did you mean "123456789012"?`},
		{name: "domain upper case", text: "domain: KeyedIn.app\n", at: "1:9", message: "domain must be", hint: `did you mean "keyedin.app"?`},
		{name: "domain dot", text: "domain: keyedin.app.\n", at: "1:9", message: "domain must be", hint: `did you mean "keyedin.app"?`},
		{name: "domain url", text: "domain: https://www.keyedin.app/x\n", at: "1:9", message: "domain must be", hint: `did you mean "keyedin.app"?`},
		{name: "domain one label", text: "domain: localhost\n", at: "1:9", message: "two labels"},
		{name: "domain www", text: "domain: www.keyedin.app\n", at: "1:9", message: "must be the apex", hint: `did you mean "keyedin.app"?`, onlyParse: true},
		{name: "domain address", text: "domain: 203.0.113.7\n", at: "1:9", message: "domain must be"},
		{name: "domain too long", text: "domain: " + strings.Repeat("a", 61) + ".app\n", at: "1:9", message: "at most 64"},
		{name: "domain hyphens", text: "domain: ab--c.app\n", at: "1:9", message: "Punycode", onlyParse: true},
		{name: "monitoring", text: "monitoring: ful\n", at: "1:13", message: "monitoring must be basic or full", hint: `did you mean "full"?`},
		{name: "before with two lines", text: "deploy:\n  before: \"a\\nb\"\n", at: "2:11", message: "deploy.before must be a command in one line"},
		{name: "before with spaces around it", text: "deploy: {before: \" a\"}\n", at: "1:18", message: "deploy.before must be a command", hint: `did you mean "a"?`},
		{name: "before misplaced", text: "app:\n  before: x\n", at: "2:3", message: `unknown key "before" in app`, hint: "belongs in deploy"},
		{name: "repository", text: "ci: {github: keyedin}\n", at: "1:14", message: "ci.github must be a repository as owner/repository"},
		{name: "repository's address", text: "ci:\n  github: https://github.com/keyedin-app/shop.git\n", at: "2:11", message: "ci.github must be", hint: `did you mean "keyedin-app/shop"?`, onlyParse: true},
		{name: "repository with one id", text: "ci: {github: keyedin-app@12/shop}\n", at: "1:14", message: "ci.github must be"},
		{name: "repository of anybody", text: "ci: {github: \"*/shop\"}\n", at: "1:14", message: "ci.github must be"},
		{name: "message", text: "messages: [rollback]\n", at: "1:12", message: "messages[0] must be apply or deploy"},
		{name: "message twice", text: "messages: [deploy, deploy]\n", at: "1:20", message: "twice"},
		{name: "alert", text: "alerts: [ops.keyedin.app]\n", at: "1:10", message: "alerts[0] must be an e-mail address"},
		{name: "alert dots", text: "alerts: [a..b@keyedin.app]\n", at: "1:10", message: "a dot stands between letters", onlyParse: true},
		{name: "alerts no list", text: "alerts: ops@keyedin.app\n", at: "1:9", message: "alerts must be a list", hint: "write it as [ops@keyedin.app]"},
		{name: "tag ours", text: "tags: {Environment: x}\n", at: "1:8", message: "is ours", onlyParse: true},
		{name: "tag of aws", text: "tags: {\"AWS:x\": y}\n", at: "1:8", message: "can't begin with aws:", onlyParse: true},
		{name: "tag case", text: "tags: {team: x, Team: y}\n", at: "1:8", message: "differ only in case", onlyParse: true},
		{name: "tag key", text: "tags: {\"a*b\": x}\n", at: "1:8", message: "the tag key"},
		{name: "tag value", text: "tags: {a: \"" + strings.Repeat("x", 257) + "\"}\n", at: "1:8", message: "at most 256"},
		{name: "tags a list", text: "tags: [a]\n", at: "1:7", message: "tags must be keys with values", hint: "{}"},
	}
}

func networkFaults() []faultCase {
	return []faultCase{
		{name: "cidr no range", text: "network: {cidr: 10.0.0.0}\n", at: "1:17", message: "IPv4 range", hint: `did you mean "10.0.0.0/16"?`},
		{name: "cidr host bits", text: "network: {cidr: 10.0.1.0/16}\n", at: "1:17", message: "bits set", hint: `did you mean "10.0.0.0/16"?`, onlyParse: true},
		{name: "cidr too large", text: "network: {cidr: 10.0.0.0/8}\n", at: "1:17", message: "too large", hint: `did you mean "10.0.0.0/16"?`},
		{name: "cidr too small", text: "network: {cidr: 10.0.0.0/24}\n", at: "1:17", message: "too small", hint: `did you mean "10.0.0.0/23"?`},
		{name: "cidr IPv6", text: "network: {cidr: \"2001:db8::/32\"}\n", at: "1:17", message: "IPv4 range"},
		{name: "cidr octet", text: "network: {cidr: 10.0.256.0/16}\n", at: "1:17", message: "IPv4 range", onlyParse: true},
		{name: "cidr docker", text: "network: {cidr: 172.17.0.0/16}\n", at: "1:17", message: "Docker", onlyParse: true},
		{name: "cidr link-local", text: "network: {cidr: 169.254.0.0/16}\n", at: "1:17", message: "link-local", onlyParse: true},
		{name: "zones 1", text: "network: {zones: 1}\n", at: "1:18", message: "a load balancer and Aurora need two zones"},
		{name: "zones 4", text: "network: {zones: 4}\n", at: "1:18", message: "must be 2 or 3"},
		{name: "zones text", text: "network: {zones: three}\n", at: "1:18", message: "a whole number, not \"three\""},
		{name: "zones quoted", text: "network: {zones: '3'}\n", at: "1:18", message: "not the text \"3\"", hint: "write 3"},
		{name: "zones octal", text: "network: {zones: 03}\n", at: "1:18", message: "a whole number", hint: "write 3", onlyParse: true},
		{name: "nat", text: "network: {nat: one}\n", at: "1:16", message: "none, single or per-zone", hint: `did you mean "none"?`},
		{name: "network a word", text: "network: big\n", at: "1:10", message: "a section with keys", hint: "cidr, zones and nat"},
		{name: "bastion everyone", text: "bastion: {allow: [0.0.0.0/0]}\n", at: "1:19", message: "lets nearly everyone in", hint: "allow: []"},
		{name: "bastion half the world", text: "bastion: {allow: [128.0.0.0/1]}\n", at: "1:19", message: "lets nearly everyone in"},
		{name: "bastion address", text: "bastion: {allow: [203.0.113.7]}\n", at: "1:19", message: "IPv4 range", hint: `did you mean "203.0.113.7/32"?`},
		{name: "bastion host bits", text: "bastion: {allow: [203.0.113.7/24]}\n", at: "1:19", message: "bits set", hint: "203.0.113.7/32", onlyParse: true},
		{name: "bastion IPv6", text: "bastion: {allow: [\"2001:db8::/32\"]}\n", at: "1:19", message: "IPv6"},
		{name: "bastion twice", text: "bastion: {allow: [203.0.113.0/24, 203.0.113.8/29]}\n", at: "1:35", message: "allowed already", onlyParse: true},
		{name: "bastion type", text: "bastion: {type: t2.mikro}\n", at: "1:17", message: "or none", hint: `did you mean "t2.micro"?`},
		{name: "bastion mac", text: "bastion: {type: mac2.metal}\n", at: "1:17", message: "dedicated host", onlyParse: true},
		{name: "bucket dot", text: "storage: {public: my.bucket}\n", at: "1:19", message: "breaks TLS", hint: `did you mean "my-bucket"?`},
		{name: "bucket address", text: "storage: {public: 203.0.113.7}\n", at: "1:19", message: "breaks TLS"},
		{name: "bucket case", text: "storage: {public: My_Bucket}\n", at: "1:19", message: "3 to 63", hint: `did you mean "my-bucket"?`},
		{name: "bucket short", text: "storage: {public: ab}\n", at: "1:19", message: "3 to 63"},
		{name: "bucket prefix", text: "storage: {public: xn--abc}\n", at: "1:19", message: `can't begin with "xn--"`, onlyParse: true},
		{name: "bucket suffix", text: "storage: {private: abc-s3alias}\n", at: "1:20", message: `can't end with "-s3alias"`, onlyParse: true},
		{name: "one bucket", text: "storage: {public: shop, private: shop}\n", at: "1:34", message: "would be public", onlyParse: true},
		{name: "storage public bucket is derived", text: "storage: {private: keyedin-public}\n", at: "1:20", message: "the same bucket", onlyParse: true},
	}
}

func appFaults() []faultCase {
	return []faultCase{
		{name: "runtime", text: "app: {runtime: ec3}\n", at: "1:16", message: "ec2 or ecs", hint: `did you mean "ec2"?`},
		{name: "private without nat", text: "app: {subnets: private}\n", at: "1:16", message: "no way to the internet", hint: "network.nat", onlyParse: true},
		{name: "no repositories", text: "app: {repositories: []}\n", at: "1:21", message: "1 to 20 repositories, not 0"},
		{name: "repository", text: "app: {repositories: [KeyedIn/backend]}\n", at: "1:22", message: "app.repositories[0]", hint: `did you mean "keyedin/backend"?`},
		{name: "repository twice", text: "app: {repositories: [ab, ab]}\n", at: "1:26", message: "twice"},
		{name: "health-check", text: "app: {health-check: health}\n", at: "1:21", message: "begins with /", hint: `did you mean "/health"?`},
		{name: "health-check long", text: "app: {health-check: /" + strings.Repeat("a", 1024) + "}\n", at: "1:21", message: "at most 1024"},
		{name: "image", text: "app: {image: ami-123}\n", at: "1:14", message: "an AMI such as"},
		{name: "type size", text: "app: {instances: {types: [t3.smal, t3a.small]}}\n", at: "1:27", message: "an instance type such as", hint: `did you mean "t3.small"?`},
		{name: "type without size", text: "app: {instances: {types: [t3, t3a.small]}}\n", at: "1:27", message: "an instance type such as"},
		{name: "types mixed", text: "app: {instances: {types: [t3.small, t4g.small]}}\n", at: "1:37", message: "t4g.small is arm64 and those before it are x86_64", onlyParse: true},
		{name: "type too old", text: "app: {instances: {types: [t1.micro, t3.micro]}}\n", at: "1:27", message: "too old for Amazon Linux 2023", onlyParse: true},
		{name: "one type for spot", text: "app:\n  instances:\n    types: [t3.small]\n", at: "3:12", message: "at least two types", hint: "set on-demand to 6", onlyParse: true},
		{name: "null item", text: "app: {instances: {types: [t3.small, ~]}}\n", at: "1:37", message: "an instance type"},
		{name: "min zero", text: "app: {instances: {min: 0}}\n", at: "1:24", message: "1 to 500, not 0"},
		{name: "min over max", text: "app: {instances: {min: 7}}\n", at: "1:24", message: "more than max, which is 6", onlyParse: true},
		{name: "on-demand over max", text: "app: {instances: {on-demand: 7}}\n", at: "1:30", message: "more than max, which is 6", onlyParse: true},
		{name: "max below default min", text: "app: {instances: {max: 0}}\n", at: "1:24", message: "1 to 500, not 0"},
		{name: "requests", text: "app: {instances: {requests-per-target: 0}}\n", at: "1:40", message: "not 0"},
		{name: "number with underscore", text: "app: {instances: {requests-per-target: 1_000}}\n", at: "1:40", message: "a whole number", hint: "write 1000", onlyParse: true},
		{name: "number too long", text: "app: {instances: {requests-per-target: 99999999999999999999}}\n", at: "1:40", message: "a whole number"},
		{name: "fraction", text: "app: {instances: {max: 1.5}}\n", at: "1:24", message: "a whole number, not \"1.5\""},
	}
}

func databaseFaults() []faultCase {
	return []faultCase{
		{name: "engine slip", text: "database: {engine: aurora-mysql8.0}\n", at: "1:20", message: "database.engine must be", hint: `did you mean "aurora-mysql-8.0"?`},
		{name: "engine number", text: "database: {engine: 8.0}\n", at: "1:20", message: "database.engine must be", hint: `did you mean "aurora-mysql-8.0"?`},
		{name: "engine postgres", text: "database: {engine: postgres}\n", at: "1:20", message: "database.engine must be"},
		{name: "engine crossed", text: "database: {engine: 5.7.mysql_aurora.3.08.2}\n", at: "1:20", message: "database.engine must be"},
		{name: "class small", text: "database: {class: db.t3.small}\n", at: "1:19", message: "too small for Aurora MySQL 8.0", hint: `did you mean "db.t3.medium"?`, onlyParse: true},
		{name: "class t4g micro", text: "database: {class: db.t4g.micro}\n", at: "1:19", message: "too small", hint: `did you mean "db.t4g.medium"?`, onlyParse: true},
		{name: "class t2", text: "database: {class: db.t2.medium}\n", at: "1:19", message: "too old", hint: `did you mean "db.t3.medium"?`, onlyParse: true},
		{name: "class r4", text: "database: {class: db.r4.large}\n", at: "1:19", message: "too old", hint: `did you mean "db.r7g.large"?`, onlyParse: true},
		{name: "class t3 xlarge", text: "database: {class: db.t3.xlarge}\n", at: "1:19", message: "medium and large", onlyParse: true},
		{name: "class r medium", text: "database: {class: db.r6g.medium}\n", at: "1:19", message: "large or more", hint: `did you mean "db.r6g.large"?`, onlyParse: true},
		{name: "class m5", text: "database: {class: db.m5.large}\n", at: "1:19", message: "a class that Aurora MySQL runs on"},
		{name: "class without db", text: "database: {class: t3.medium}\n", at: "1:19", message: "a class that Aurora", hint: `did you mean "db.t3.medium"?`},
		{name: "class serverless", text: "database: {class: db.serverless}\n", at: "1:19", message: "range of capacity", hint: "serverless: {min: 0.5, max: 8}"},
		{name: "no class", text: "database: {class: \"\"}\n", at: "1:19", message: "a class or serverless", onlyParse: true},
		{name: "class and serverless", text: "database: {class: db.t3.medium, serverless: {}}\n", at: "1:45", message: "one or the other", onlyParse: true},
		{name: "serverless step", text: "database: {serverless: {min: 0.3}}\n", at: "1:30", message: "steps of 0.5, not 0.3"},
		{name: "serverless max", text: "database: {serverless: {max: 0.5}}\n", at: "1:30", message: "1 to 256"},
		{name: "serverless order", text: "database: {serverless: {min: 9}}\n", at: "1:30", message: "more than max, which is 8", onlyParse: true},
		{name: "serverless key", text: "database: {serverless: {mni: 9}}\n", at: "1:25", message: `unknown key "mni" in database.serverless`, hint: `did you mean "min"?`},
		{name: "serverless word", text: "database: {serverless: true}\n", at: "1:24", message: "a section with keys"},
		{name: "serverless infinite", text: "database: {serverless: {max: .inf}}\n", at: "1:30", message: "a number, not", onlyParse: true},
		{name: "serverless on 5.7", text: "database: {engine: aurora-mysql-5.7, serverless: {}}\n", at: "1:50", message: "no serverless v2", onlyParse: true},
		{name: "serverless on 3.01", text: "database: {engine: 8.0.mysql_aurora.3.01.0, serverless: {}}\n", at: "1:57", message: "3.02 or later", onlyParse: true},
		{name: "pause on 3.04", text: "database: {engine: 8.0.mysql_aurora.3.04.0, serverless: {min: 0}}\n", at: "1:63", message: "3.08 or later", onlyParse: true},
		{name: "readers", text: "database: {readers: 16}\n", at: "1:21", message: "0 to 15, not 16"},
		{name: "readers negative", text: "database: {readers: -1}\n", at: "1:21", message: "0 to 15, not -1"},
		{name: "backup-days", text: "database: {backup-days: 0}\n", at: "1:25", message: "1 to 35, not 0"},
		{name: "protect", text: "database: {protect: yes}\n", at: "1:21", message: "true or false, not \"yes\"", hint: "write true"},
		{name: "protect quoted", text: "database: {protect: 'false'}\n", at: "1:21", message: "not the text \"false\"", hint: "write false"},
		{name: "protect nothing", text: "database:\n  protect:\n", at: "2:11", message: "true or false, not nothing"},
	}
}

// goodCases are texts that Parse must accept.
func goodCases() map[string]string {
	return map[string]string{
		"one key":             "name: shop\n",
		"longest name":        "name: " + strings.Repeat("a", 63) + "\nenvironment: " + strings.Repeat("b", 32) + "\n",
		"account of digits":   "account: 001234567012\n",
		"account in quotes":   "account: \"123456789012\"\n",
		"new region":          "region: sa-west-2\n",
		"government":          "region: us-gov-west-1\n",
		"punycode":            "domain: xn--schn-7qa.example.com\n",
		"smallest network":    "network: {cidr: 192.168.0.0/23, zones: 2}\n",
		"private":             "network: {nat: single}\napp: {subnets: private}\n",
		"arm":                 "app: {instances: {types: [t4g.small, m7gd.large, im4gn.large]}}\n",
		"accelerated x86":     "app: {instances: {types: [g4dn.xlarge, g5.xlarge, u-6tb1.metal, m7i-flex.large]}}\n",
		"one type on demand":  "app: {instances: {types: [t3.small], on-demand: 6}}\n",
		"old type, own image": "app: {image: ami-0123456789abcdef0, instances: {types: [m1.small, m1.medium]}}\n",
		"query":               "app: {health-check: \"/up?deep=1\"}\n",
		"serverless":          "database: {serverless: {min: 0, max: 256}}\n",
		"serverless defaults": "database: {serverless: {}}\n",
		"class or nothing":    "database: {class: \"\", serverless: {min: 0.5, max: 1}}\n",
		"full version":        "database: {engine: 8.0.mysql_aurora.3.08.2}\n",
		"5.7":                 "database: {engine: aurora-mysql-5.7, class: db.t3.small}\n",
		"graviton":            "database: {class: db.r7g.16xlarge, readers: 15, backup-days: 35}\n",
		"no bastion":          "bastion: {type: none, allow: []}\n",
		"nobody hears":        "alerts: []\n",
		"tags":                "tags: {cost center: \"4711\", Team: Größe}\n",
	}
}
