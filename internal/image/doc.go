// Package image bakes the machine image of the application's instances: what is
// built when, how it is tried, and which ones are no longer needed. It knows
// neither the config file nor what is launched from an image, prints nothing
// and never sleeps by itself.
package image
