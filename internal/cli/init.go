package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/keyedin-app/keyedin-infra/internal/config"
)

func (a *app) initCommand() *cobra.Command {
	var o config.Options
	c := &cobra.Command{
		Use: "init", Short: "Write a config file, with a comment on every value", Args: noArgs,
		Long: `Writes keyedin.yaml with every key, its default and what it means. A file that
is there already is left untouched.

Presets: launch is the environment as it runs today; grown has instances in
private subnets, a NAT gateway in each zone, two database readers and full
monitoring.`,
		Example: "  keyedin init --domain example.com\n  keyedin init --preset grown --config staging.yaml --environment staging",
		RunE:    func(*cobra.Command, []string) error { return a.runInit(o) },
	}
	f := c.Flags()
	f.StringVar(&o.Preset, "preset", "launch", "start from launch or grown")
	f.StringVar(&o.Runtime, "runtime", "ec2", "how the application runs: ec2 or ecs")
	f.StringVar(&o.Name, "name", "", "the project's `name`")
	f.StringVar(&o.Environment, "environment", "", "the environment's `name`, such as staging")
	f.StringVar(&o.Region, "region", "", "the AWS `region`")
	f.StringVar(&o.Profile, "profile", "", "the AWS credentials `profile`")
	f.StringVar(&o.Account, "account", "", "the only AWS `account` that may be touched")
	f.StringVar(&o.Domain, "domain", "", "the application's `domain`")
	completeWords(c, "preset", config.Presets()...)
	completeWords(c, "runtime", "ec2", "ecs")
	return c
}

func (a *app) runInit(o config.Options) error {
	text, err := o.YAML()
	if err != nil {
		return err
	}
	err = create(a.config, text, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already and was left untouched; edit it, or write another one with --config", a.config)
	}
	if err != nil {
		return fmt.Errorf("the config cannot be written: %w", err)
	}
	if a.JSON {
		path, _ := filepath.Abs(a.config) // fails only without a working directory
		return a.Object(map[string]string{"written": path})
	}
	a.Print("Wrote %s. Look it over, then: %s", a.config, a.line("plan"))
	return nil
}

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of the config, for editors", Args: noArgs,
		Example: "  keyedin schema > keyedin.schema.json",
		RunE: func(*cobra.Command, []string) error {
			_, err := a.Out.Write(config.Schema())
			return err
		},
	}
}

// completeWords offers the values of a flag to the shell.
func completeWords(c *cobra.Command, flag string, words ...string) {
	err := c.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return words, cobra.ShellCompDirectiveNoFileComp
	})
	if err != nil {
		panic(err) // the flag does not exist: a programmer's error
	}
}
