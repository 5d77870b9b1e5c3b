package image

import (
	"slices"
	"time"
)

// abandoned is when nobody can be at work any more on what another recipe's
// build has left: its machines end themselves before.
const abandoned = 2 * time.Hour

// step is what a build does next.
type step int

const (
	prepare     step = iota // make the security group
	launch                  // start the builder
	hearBuilder             // wait for what it says
	stop                    // stop it
	awaitStop               // wait until it has stopped
	discard                 // end a machine that leads nowhere
	freeze                  // make an image of it
	awaitImage              // wait for the image
	spoiled                 // the image came to nothing
	try                     // start a machine of the image
	hearTest                // wait for what it says
	clear                   // the image is good; something is left
	finished                // the image is good, and alone
)

// next chooses the step that leads on from what is there, for the build with a
// key. It returns the machine or the image that the step is about.
func (f found) next(key string) (step, Machine, Image) {
	var image Image
	for _, i := range f.images { // a good one wins over one to be tried
		if i.Recipe == key && (image.ID == "" || i.usable() && !image.usable()) {
			image = i
		}
	}
	switch {
	case image.usable():
		if machines, images := f.leftOver(key); len(machines)+len(images) > 0 || len(f.groups) > 0 && len(f.others(key)) == 0 {
			return clear, Machine{}, image
		}
		return finished, Machine{}, image
	case image.ID != "":
		return f.nextOfImage(key, image)
	}
	return f.nextOfBuilder(key)
}

func (f found) nextOfImage(key string, image Image) (step, Machine, Image) {
	switch image.State {
	case "available":
	case "pending", "transient":
		return awaitImage, Machine{}, image
	default:
		return spoiled, Machine{}, image
	}
	for _, m := range f.machines {
		if m.Recipe != key || m.Purpose != tester || m.Image != image.ID {
			continue
		}
		switch m.State {
		case "pending", "running":
			return hearTest, m, image
		case "stopping", "stopped":
			return discard, m, image
		}
	}
	if len(f.groups) == 0 {
		return prepare, Machine{}, image
	}
	return try, Machine{}, image
}

func (f found) nextOfBuilder(key string) (step, Machine, Image) {
	best, chosen := launch, Machine{}
	for _, m := range f.machines {
		if m.Recipe != key || m.Purpose != builder {
			continue
		}
		// The one that is nearest to its end.
		if s := nextOf(m); s != launch && (best == launch || best == discard || s > best && s != discard) {
			best, chosen = s, m
		}
	}
	if best == launch && len(f.groups) == 0 {
		return prepare, Machine{}, Image{}
	}
	return best, chosen, Image{}
}

func nextOf(m Machine) step {
	switch {
	case m.State == "shutting-down":
		return launch
	case m.State == "stopped" && m.told:
		return freeze
	case m.State == "stopping" && m.told:
		return awaitStop
	case m.State == "stopped" || m.State == "stopping": // by somebody else, half done
		return discard
	case m.told:
		return stop
	}
	return hearBuilder
}

// leftOver is what a build with a key has no use for once its image is good: its
// own, and what nobody can be at work on.
func (f found) leftOver(key string) (machines []Machine, images []Image) {
	for _, m := range f.machines {
		if m.Recipe == key || f.now.Sub(m.Launched) > abandoned {
			machines = append(machines, m)
		}
	}
	for _, i := range f.images {
		if !i.Good && (i.Recipe == key || f.now.Sub(i.Created) > abandoned) {
			images = append(images, i)
		}
	}
	return machines, images
}

// others are machines that another build may be at work with.
func (f found) others(key string) []Machine {
	mine, _ := f.leftOver(key)
	return slices.DeleteFunc(slices.Clone(f.machines), func(m Machine) bool {
		return slices.ContainsFunc(mine, func(o Machine) bool { return o.ID == m.ID })
	})
}
