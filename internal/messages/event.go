// Package messages tells people in a chat what was done to an environment. It
// knows what a message says and how a webhook is called; it does not know where
// their addresses are kept, nor AWS. No message holds a link, an error's text or
// a value of the application's.
package messages

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// What messages can be about, as the config names it.
const (
	Apply  = "apply"  // and destroy
	Deploy = "deploy" // and rollback
)

// Event is something that has ended.
type Event struct {
	Project, Environment string
	// Command is what was typed, such as deploy 1.4.0.
	Command string
	// Outcome is a word or a few: done, failed …
	Outcome string
	// Who did it.
	Who  string
	Took time.Duration
	// Details are more sentences, or "".
	Details string
}

// Test is an event that shows that messages arrive.
func Test(project, environment, who string) Event {
	return Event{Project: project, Environment: environment, Command: "messages test", Outcome: "done", Who: who, Details: "Messages arrive here."}
}

// longestSubject is what SNS takes, in characters of ASCII.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
const longestSubject = 100

// Subject is the event in a line of a mail's head.
func (e Event) Subject() string {
	text := e.Project + " " + e.Environment + ": " + e.Command + " " + e.Outcome
	ascii := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
	if len(ascii) > longestSubject {
		ascii = ascii[:longestSubject-3] + "..."
	}
	return ascii
}

// longestWord keeps a name from filling a message.
const longestWord = 80

// Text is all of it, as plain text in one line.
func (e Event) Text() string {
	text := fmt.Sprintf("%s %s: %s %s", plain(e.Project), plain(e.Environment), plain(e.Command), e.Outcome)
	if e.Who != "" {
		text += ", by " + plain(e.Who)
	}
	if e.Took >= time.Second {
		text += ", in " + e.Took.Round(time.Second).String()
	}
	return strings.TrimSpace(text + ". " + e.Details)
}

// plain is a short text without what moves the cursor or begins a line.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > longestWord {
		text = string(runes[:longestWord-1]) + "…"
	}
	return text
}

// chat is a text as chats show it: nobody's name in it rings a bell, and nothing
// in it is a link. Slack takes three characters for its own.
// https://docs.slack.dev/messaging/formatting-message-text#escaping
func chat(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "@", "@\u200b", "://", ":\u200b//").Replace(text)
}
