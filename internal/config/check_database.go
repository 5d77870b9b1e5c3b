package config

import (
	"fmt"
	"strconv"
	"strings"
)

// Major is the MySQL version that the engine speaks: 8.0 or 5.7.
func (d Database) Major() string {
	if strings.HasPrefix(strings.TrimPrefix(d.Engine, "aurora-mysql-"), "5.7") {
		return "5.7"
	}
	return "8.0"
}

// Version is the engine version as RDS takes it: a full one when the config names
// one, else the major version, which is AWS's own default of it.
func (d Database) Version() string {
	return strings.TrimPrefix(d.Engine, "aurora-mysql-")
}

func (k *checker) database() {
	d := k.Database
	if !k.rules["database.engine"].accepts(d.Engine) {
		hint := didYouMean(nearest(d.Engine, []string{"aurora-mysql-8.0", "aurora-mysql-5.7"}))
		if hint == "" {
			hint = k.rules["database.engine"].mend(d.Engine)
		}
		k.fault("database.engine", fmt.Sprintf("database.engine must be %s, not %s", k.rules["database.engine"].must, quote(d.Engine)), hint)
	}
	switch {
	case d.Serverless == nil && d.Class == "":
		k.fault("database.class database", "database needs a class or serverless", "class: db.t3.medium")
	case d.Serverless != nil && d.Class != "":
		k.fault("database.serverless database.class", "database has both a class and serverless: an instance is one or the other", "delete one of them")
	}
	if d.Class != "" {
		k.class(d)
	}
	if d.Serverless != nil {
		k.serverless(d)
	}
	k.number("database.readers", float64(d.Readers))
	k.number("database.backup-days", float64(d.BackupDays))
}

// class holds the instance class to what Aurora MySQL runs on.
// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.DBInstanceClass.SupportAurora.html
func (k *checker) class(d Database) {
	if d.Class == "db.serverless" {
		k.fault("database.class", "db.serverless is asked for with a range of capacity", "serverless: {min: 0.5, max: 8}")
		return
	}
	if !k.text("database.class", "database.class", d.Class) {
		return
	}
	family, size, _ := strings.Cut(strings.TrimPrefix(d.Class, "db."), ".")
	small := size == "nano" || size == "micro" || size == "small"
	switch {
	case family == "t2" && d.Major() == "8.0", family == "r3", family == "r4":
		k.fault("database.class", d.Class+" is too old for Aurora MySQL "+d.Major(), didYouMean(modern(family, size)))
	case family == "t2" && size != "small" && size != "medium":
		k.fault("database.class", "Aurora MySQL runs on no db.t2 but small and medium", didYouMean("db.t2.medium"))
	case family == "t3" && size == "small" && d.Major() == "5.7":
	case family != "t2" && small:
		k.fault("database.class", d.Class+" is too small for Aurora MySQL "+d.Major(), didYouMean(modern(family, "medium")))
	case (family == "t3" || family == "t4g") && size != "medium" && size != "large":
		k.fault("database.class", "Aurora MySQL runs on no db."+family+" but medium and large", didYouMean("db."+family+".large"))
	case family[0] != 't' && size == "medium":
		k.fault("database.class", "a db."+family+" is large or more", didYouMean("db."+family+".large"))
	}
}

// modern is the class that takes the place of an old or a small one.
func modern(family, size string) string {
	switch {
	case family[0] != 't':
		return "db.r7g.large"
	case family == "t4g":
		return "db.t4g.medium"
	case size == "large":
		return "db.t3.large"
	}
	return "db.t3.medium"
}

// serverless holds the capacity to what Aurora Serverless v2 takes.
// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.requirements.html
// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html
func (k *checker) serverless(d Database) {
	const path = "database.serverless"
	least := k.number(path+".min", d.Serverless.Min)
	most := k.number(path+".max", d.Serverless.Max)
	if least && most && d.Serverless.Min > d.Serverless.Max {
		k.fault(path+".min "+path+".max", fmt.Sprintf("database.serverless.min is %v, more than max, which is %v", d.Serverless.Min, d.Serverless.Max), "raise max or lower min")
	}
	minor, pinned := d.minor()
	switch {
	case d.Major() == "5.7":
		k.fault(path, "Aurora MySQL 5.7 has no serverless v2", "use a class, or engine: aurora-mysql-8.0")
	case pinned && minor < 2:
		k.fault(path, "serverless needs Aurora MySQL 3.02 or later, and the engine is "+d.Engine, "engine: aurora-mysql-8.0")
	case pinned && minor < 8 && d.Serverless.Min == 0:
		k.fault(path+".min", "pausing at 0 needs Aurora MySQL 3.08 or later, and the engine is "+d.Engine, "min: 0.5, or engine: aurora-mysql-8.0")
	}
}

// minor is the Aurora minor version when the engine is a full version.
func (d Database) minor() (n int, pinned bool) {
	parts := strings.Split(d.Engine, ".")
	if len(parts) != 6 {
		return 0, false
	}
	n, err := strconv.Atoi(parts[4])
	return n, err == nil
}
