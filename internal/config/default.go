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
		Database:   Database{Engine: "aurora-mysql-8.0", Class: "db.t3.medium", BackupDays: 7, Protect: true},
		Bastion:    Bastion{Type: "t2.micro", Allow: []string{"203.0.113.0/24"}},
		Storage:    Storage{Public: "keyedin-public", Private: "keyedin-private"},
		Alerts:     []string{"ops@keyedin.app"},
		Monitoring: "basic",
		Tags:       map[string]string{},
	}
}
