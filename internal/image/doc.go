// Package image bakes the machine image of the application's instances: what is
// built when, how it is tried, and which ones are no longer needed. It knows
// neither the config file nor what is launched from an image, prints nothing
// and never sleeps by itself.
//
// A build is a loop that looks at what AWS has and takes the next step from
// there, so that it goes on after a kill at any moment, and two at once come to
// one image. All it makes carries tags; what is tagged and not needed is removed.
package image
