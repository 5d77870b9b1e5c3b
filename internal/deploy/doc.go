// Package deploy brings a release to the instances of an environment and takes
// it back: what must be right before, the migrations, CodeDeploy's deployment
// as it goes on instance by instance, and what is left behind when it fails. It
// knows AWS's names of the environment's things, and not how they are made; it
// prints nothing and never sleeps by itself.
package deploy
