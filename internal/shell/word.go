// Package shell writes words of a command line such that a POSIX shell reads
// them back as they are, also where AWS Systems Manager has carried the line. It
// runs nothing.
package shell

import "strings"

// Word is a text as one word. Two braces would be a parameter's name to Systems
// Manager, so they are kept apart.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
func Word(text string) string {
	text = strings.ReplaceAll(text, "'", `'\''`)
	for strings.Contains(text, "{{") {
		text = strings.ReplaceAll(text, "{{", "{''{")
	}
	return "'" + text + "'"
}

// Words is a command line that has these words.
func Words(command []string) string {
	var all []string
	for _, word := range command {
		all = append(all, Word(word))
	}
	return strings.Join(all, " ")
}
