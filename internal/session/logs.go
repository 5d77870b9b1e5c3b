package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"golang.org/x/sync/errgroup"
)

// Logs reads the environment's log groups.
type Logs struct {
	Logs *cloudwatchlogs.Client
	// Groups are the log groups by the short names that people use.
	Groups []LogGroup
	Pause  func(context.Context, time.Duration) error
}

// LogGroup is one of them.
type LogGroup struct{ Short, Name string }

// LogEvent is what was written at once: a line, or several.
type LogEvent struct {
	Time   time.Time `json:"time"`
	Group  string    `json:"group"`
	Stream string    `json:"stream"`
	Text   string    `json:"text"`
	id     string
}

// LogQuery is which of them are asked for.
type LogQuery struct {
	// Groups are short names; none is all.
	Groups []string
	// Until is the zero time for everything up to now.
	Since, Until time.Time
	// Grep is a text that each must hold, with its upper and lower case.
	Grep string
	// Limit is the most that are read, the earliest first; 0 reads all.
	Limit int
	// Streams is what the names of their streams begin with, or empty.
	Streams string
}

// NoLogGroup reports a group that the environment does not have.
type NoLogGroup struct {
	Name string
	Has  []string
}

func (e *NoLogGroup) Error() string {
	return fmt.Sprintf("there is no log group %q. There are: %s", e.Name, strings.Join(e.Has, ", "))
}

// chosen are the groups of a query.
func (l Logs) chosen(names []string) ([]LogGroup, error) {
	if len(names) == 0 {
		return l.Groups, nil
	}
	var all []LogGroup
	for _, name := range names {
		i := slices.IndexFunc(l.Groups, func(g LogGroup) bool { return g.Short == name })
		if i < 0 {
			missing := &NoLogGroup{Name: name}
			for _, g := range l.Groups {
				missing.Has = append(missing.Has, g.Short)
			}
			return nil, missing
		}
		all = append(all, l.Groups[i])
	}
	return all, nil
}

// Read gives on what was logged, in the order of time; more is whether there was
// more than the limit. Its error may be a NoLogGroup.
func (l Logs) Read(ctx context.Context, q LogQuery, each func(LogEvent)) (more bool, err error) {
	groups, err := l.chosen(q.Groups)
	if err != nil {
		return false, err
	}
	all, err := l.all(ctx, groups, q)
	if err != nil {
		return false, err
	}
	if more = q.Limit > 0 && len(all) > q.Limit; more {
		all = all[:q.Limit]
	}
	for _, e := range all {
		each(e)
	}
	return more, nil
}

// all reads the groups side by side; of each at most one more than the limit.
func (l Logs) all(ctx context.Context, groups []LogGroup, q LogQuery) ([]LogEvent, error) {
	found := make([][]LogEvent, len(groups))
	g, inner := errgroup.WithContext(ctx)
	for i, group := range groups {
		g.Go(func() (err error) { found[i], err = l.group(inner, group, q); return err })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	all := slices.Concat(found...)
	slices.SortStableFunc(all, inOrder)
	return all, nil
}

func inOrder(a, b LogEvent) int {
	return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.Group, b.Group), strings.Compare(a.Stream, b.Stream))
}

// group reads one group. A group that is not there has nothing: RDS makes its
// own when it first has something to write.
func (l Logs) group(ctx context.Context, group LogGroup, q LogQuery) ([]LogEvent, error) {
	in := &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String(group.Name), StartTime: aws.Int64(q.Since.UnixMilli())}
	if !q.Until.IsZero() {
		in.EndTime = aws.Int64(q.Until.UnixMilli())
	}
	if pattern := filterPattern(q.Grep); pattern != "" {
		in.FilterPattern = aws.String(pattern)
	}
	if q.Streams != "" {
		in.LogStreamNamePrefix = aws.String(q.Streams)
	}
	var all []LogEvent
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(l.Logs, in)
	for pages.HasMorePages() && (q.Limit == 0 || len(all) <= q.Limit) {
		page, err := pages.NextPage(ctx)
		if _, none := errors.AsType[*types.ResourceNotFoundException](err); none {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		for _, e := range page.Events {
			if text := aws.ToString(e.Message); strings.Contains(text, q.Grep) {
				all = append(all, LogEvent{
					Time: time.UnixMilli(aws.ToInt64(e.Timestamp)).UTC(), Group: group.Short,
					Stream: aws.ToString(e.LogStreamName), Text: text, id: aws.ToString(e.EventId),
				})
			}
		}
	}
	return all, nil
}

// Following: what is written is listed some seconds later, and what several
// machines write not in its order. So each look goes back a while, and leaves
// out what it has seen.
const (
	lookEvery = 2 * time.Second
	lookBack  = 30 * time.Second
)

// Follow gives on what was logged and what will be, until the context ends or
// the pause does; that is no error.
func (l Logs) Follow(ctx context.Context, q LogQuery, each func(LogEvent)) error {
	groups, err := l.chosen(q.Groups)
	if err != nil {
		return err
	}
	q.Limit, q.Until = 0, time.Time{}
	f := following{seen: map[string]time.Time{}, newest: q.Since}
	for {
		all, err := l.all(ctx, groups, q)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		for _, e := range f.fresh(all) {
			each(e)
		}
		q.Since = f.from(q.Since)
		if l.Pause(ctx, lookEvery) != nil {
			return nil
		}
	}
}

// following knows what was given on.
type following struct {
	seen   map[string]time.Time
	newest time.Time
}

// fresh are the events that were not seen before.
func (f *following) fresh(all []LogEvent) []LogEvent {
	var some []LogEvent
	for _, e := range all {
		key := e.Group + " " + e.id
		if _, known := f.seen[key]; known {
			continue
		}
		f.seen[key] = e.Time
		some = append(some, e)
		if e.Time.After(f.newest) {
			f.newest = e.Time
		}
	}
	return some
}

// from is where the next look begins; what is before it is forgotten.
func (f *following) from(since time.Time) time.Time {
	back := f.newest.Add(-lookBack)
	if back.Before(since) {
		back = since
	}
	for key, at := range f.seen {
		if at.Before(back) {
			delete(f.seen, key)
		}
	}
	return back
}
