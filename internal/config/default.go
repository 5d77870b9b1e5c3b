package config

// Default is the environment as it runs today: what the preset launch says, and
// the value of every key that a file leaves out.
func Default() Config {
	return Config{
		Name:        "keyedin",
		Environment: "production",
		Region:      "us-east-1",
		Profile:     "keyedin",
		Domain:      "keyedin.app",
		Network:     Network{CIDR: "10.0.0.0/16", Zones: 3, NAT: "none"},
		App: App{
			Runtime:      "ec2",
			Subnets:      "public",
			Repositories: []string{"keyedin/backend", "keyedin/nginx"},
			HealthCheck:  "/health",
			Instances: Instances{
				Types:             []string{"t3.small", "t3a.small", "t2.small"},
				OnDemand:          1,
				Min:               1,
				Max:               6,
				RequestsPerTarget: 1000,
			},
		},
		Deploy:     Deploy{Before: "php artisan migrate --force"},
		Database:   Database{Engine: "aurora-mysql-8.0", Class: "db.t3.medium", BackupDays: 7, Protect: true},
		Bastion:    Bastion{Type: "t2.micro", Allow: []string{"203.0.113.0/24"}},
		Storage:    Storage{Public: "keyedin-public", Private: "keyedin-private"},
		Alerts:     []string{"ops@keyedin.app"},
		Messages:   []string{},
		Monitoring: "basic",
		Tags:       map[string]string{},
	}
}

// derive gives keys that the file leaves out the value that follows from the ones
// it gives: another project must not share the first one's buckets and repositories.
// Nothing follows from a name or a domain that is wrong.
func (c *Config) derive() {
	o, r := c.Origin, rules()
	if c.Database.Serverless != nil && !o.has("database.class") {
		c.Database.Class = ""
	}
	if !o.has("alerts") && r["domain"].accepts(c.Domain) {
		c.Alerts = []string{"ops@" + c.Domain}
	}
	if !r["name"].accepts(c.Name) {
		return
	}
	if !o.has("app.repositories") {
		c.App.Repositories = []string{c.Name + "/backend", c.Name + "/nginx"}
	}
	if !o.has("storage.public") {
		c.Storage.Public = Physical(bucketLimit, c.Name, "public")
	}
	if !o.has("storage.private") {
		c.Storage.Private = Physical(bucketLimit, c.Name, "private")
	}
}
