package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/deploy"
)

// before runs the command of deploy.before in the new image, once. It returns
// the record of the deployment that may begin now.
func (d *deployment) before(ctx context.Context) (deploy.Record, error) {
	record := deploy.Record{Kind: d.kind, Version: d.version, By: user(), Token: newToken(), Started: time.Now().UTC().Truncate(time.Second)}
	if d.command == "" {
		return record, nil
	}
	earlier, err := d.site.Pending(ctx)
	if err != nil {
		return record, err
	}
	if earlier != nil && earlier.Version == d.version && earlier.Before != nil && earlier.Before.Command == d.command {
		went, ran, err := d.hear(ctx, *earlier)
		switch {
		case err != nil:
			return went, err
		case ran.Well():
			d.outcome.Before = went.Before
			return went, nil
		case ran.Status != "":
			d.Say("It had not ended well (%s), so it runs again.", ran.Status)
		}
	}
	record.Before = &deploy.Before{Command: d.command, Instance: reachable(d.ready.Fleet)}
	d.Say("Running `%s` in the image of %s on %s ...", d.command, d.version, record.Before.Instance)
	if record, err = d.site.Send(ctx, record); err != nil {
		return record, err
	}
	record, ran, err := d.listen(ctx, record)
	switch {
	case err != nil:
		return record, err
	case !ran.Well():
		return record, &deploy.BeforeFailed{Record: record, Ran: ran}
	}
	d.outcome.Before = record.Before
	return record, nil
}

// hear follows a command that an earlier client has begun.
func (d *deployment) hear(ctx context.Context, earlier deploy.Record) (deploy.Record, deploy.Ran, error) {
	d.Say("`%s` of %s was begun by %s at %s UTC already; this is what it says:",
		earlier.Before.Command, earlier.Version, earlier.By, earlier.Started.Format("15:04:05"))
	return d.listen(ctx, earlier)
}

// listen shows what a command writes until it has ended.
func (d *deployment) listen(ctx context.Context, record deploy.Record) (deploy.Record, deploy.Ran, error) {
	start := time.Now()
	record, ran, err := d.site.Follow(ctx, record, d.Quoted)
	if errors.Is(err, errStoppedWatching) {
		return record, ran, &exit{exitInterrupted, fmt.Errorf("no longer watching; `%s` goes on on %s, and the deployment has not begun.\nFollow it and go on with: %s",
			record.Before.Command, record.Before.Instance, d.line(d.kind+" "+d.version))}
	}
	if err == nil && ran.Well() {
		d.Say("It ended well after %s.", time.Since(start).Round(time.Second/10))
	}
	return record, ran, err
}

// reachable is an instance that a command can run on, a healthy one if there is.
func reachable(f deploy.Fleet) string {
	found := ""
	for _, i := range f.Instances {
		if i.State != "InService" || !i.Online {
			continue
		}
		if i.Target == "healthy" {
			return i.ID
		}
		found = i.ID
	}
	return found
}
