package session

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestFileHoldsEveryValue: whatever a variable's value is, a file that was
// written reads back the same.
func TestFileHoldsEveryValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := map[string]string{}
		var all []Variable
		for range rapid.IntRange(1, 5).Draw(t, "n") {
			name := rapid.StringMatching(`[A-Z_][A-Z0-9_]{0,12}`).Draw(t, "name")
			value := rapid.OneOf(rapid.StringMatching(`[ -~\n\r]{1,40}`), rapid.StringN(1, 20, 60)).Draw(t, "value")
			if Check(name, value) != nil || strings.ContainsRune(value, 0) {
				continue
			}
			if _, again := want[name]; again {
				continue
			}
			want[name] = value
			all = append(all, Variable{Name: name, Value: value})
		}
		got, empty, err := ParseFile(FormatFile(all))
		if err != nil || len(empty) > 0 {
			t.Fatalf("%q: %v, empty %v", FormatFile(all), err, empty)
		}
		for name, value := range want {
			if got[name] != value {
				t.Fatalf("%s was %q and came back as %q from %q", name, value, got[name], FormatFile(all))
			}
		}
	})
}

func TestFileOfLaravel(t *testing.T) {
	got, empty, err := ParseFile([]byte("# comment\nAPP_NAME=Keyedin\nexport APP_DEBUG=false\nDB_PASSWORD='a $b #c'\nMAIL=\nURL=\"https://x/?a=1#b\" # end\nHERE=\"${APP_NAME} \\${x}\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"APP_NAME": "Keyedin", "APP_DEBUG": "false", "DB_PASSWORD": "a $b #c", "URL": "https://x/?a=1#b", "HERE": "Keyedin ${x}"} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if !slices.Equal(empty, []string{"MAIL"}) {
		t.Errorf("empty are %v", empty)
	}
}

func TestErrorsHoldNoValue(t *testing.T) {
	for name, text := range map[string]string{
		"form": "APP_KEY=\"hunter2\nnext", "name": "1APP=hunter2", "nested": "APP={{hunter2}}", "long": "APP=hunter2" + strings.Repeat("x", longestValue),
	} {
		_, _, err := ParseFile([]byte(text))
		if err == nil {
			t.Errorf("%s: %q was taken", name, text)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error tells the value: %v", name, err)
		}
	}
	var bad *BadVariable
	if err := Check("APP", ""); !errors.As(err, &bad) {
		t.Errorf("an empty value is %v", err)
	}
}

func TestCompare(t *testing.T) {
	d := Compare([]Variable{{Name: "A", Value: "1"}, {Name: "B", Value: "2"}, {Name: "C", Value: "3"}}, map[string]string{"A": "1", "B": "x", "D": "4"})
	if !slices.Equal(d.Add, []string{"D"}) || !slices.Equal(d.Change, []string{"B"}) || !slices.Equal(d.Remove, []string{"C"}) || d.Empty() {
		t.Errorf("got %+v", d)
	}
}
