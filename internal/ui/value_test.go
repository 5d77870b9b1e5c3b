package ui

import "testing"

func TestDifference(t *testing.T) {
	statement := func(resources ...any) map[string]any {
		return map[string]any{"statements": []any{map[string]any{"effect": "Allow", "resources": resources}}}
	}
	for name, c := range map[string]struct {
		before, after any
		want          string
	}{
		"a list":        {[]any{"a", "b"}, []any{"b", "c"}, "+c -a"},
		"twice":         {[]any{"a"}, []any{"a", "a"}, "+a"},
		"another order": {[]any{"a", "b"}, []any{"b", "a"}, "another order"},
		"a structure":   {statement("arn:a", "arn:b"), statement("arn:b"), "-statements.resources arn:a"},
		"new":           {nil, map[string]any{"days": 7.0}, "+days 7"},
		"a reference":   {map[string]any{"$ref": "vpc/main#id"}, "vpc-1", "<vpc/main> → vpc-1"},
		"many":          {nil, []any{"1", "2", "3", "4", "5", "6", "7", "8"}, "+1 +2 +3 +4 +5 +6 and 2 more"},
		"lines":         {"a\nb\nc", "a\nx\nc\nd", "+2 -1 lines (all of it with -v)"},
		"a long path":   {[]any{"arn:aws:ecr:us-east-1:123456789012:repository/keyedin/backend-of-it"}, []any{}, "-arn:aws:ecr:us-east-…789012:repository/keyedin/backend-of-it"},
		"long":          {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "b", "aaaaaaaaaaaaaaaaaaaaaaa… → b"},
	} {
		if got := difference(c.before, c.after); got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
}

func TestWrapForPeople(t *testing.T) {
	for name, c := range map[string]struct{ text, prefix, want string }{
		"short":      {"a b", "", "a b"},
		"in columns": {"\x1b[31maaaa\x1b[m " + "b c d e f g h i j k l m n o p q r s t u v w x y z 0 1 2 3 4 5 6 7 8 9 A B C D", "", "\x1b[31maaaa\x1b[m b c d e f g h i j k l m n o p q r s t u v w x y z 0 1 2 3 4 5 6 7 8 9 A B C\nD"},
		"indented":   {"one " + "`keyedin apply --lose repository/keyedin/nginx --config staging.yaml --sandbox` two", "- ", "- one\n  `keyedin apply --lose repository/keyedin/nginx --config staging.yaml --sandbox`\n  two"},
	} {
		if got := wrap(c.text, c.prefix); got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
}
