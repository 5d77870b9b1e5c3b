// Command keyedin builds, changes, deploys to and takes down the AWS
// environment of one application.
package main

import (
	"context"
	"os"

	"github.com/keyedin-app/keyedin-infra/internal/cli"
)

func main() {
	os.Exit(cli.Run(context.Background(), os.Args[1:]))
}
