package state

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
)

const format = "keyedin-state"

// stored is the state with what makes it recognisable; the checksum is that of everything else in it.
type stored struct {
	Format   string `json:"format"`
	Checksum string `json:"checksum"`
	State
}

// Encode writes the state as indented JSON with a checksum over its content, white space aside.
func Encode(s State) ([]byte, error) {
	s.Version = Version
	bare, err := marshal(stored{Format: format, State: s})
	if err != nil {
		return nil, err
	}
	sum, err := checksum(bare)
	if err != nil {
		return nil, err
	}
	return marshal(stored{Format: format, Checksum: sum, State: s})
}

// Decode reads what Encode wrote. *BrokenError: truncated, edited or not a state; *NewerError: a newer format.
func Decode(b []byte) (State, error) {
	var head struct {
		Format   string `json:"format"`
		Version  int    `json:"version"`
		Checksum string `json:"checksum"`
	}
	switch err := json.Unmarshal(b, &head); {
	case len(bytes.TrimSpace(b)) == 0:
		return State{}, &BrokenError{Reason: "it is empty"}
	case err != nil:
		return State{}, &BrokenError{Reason: fmt.Sprintf("it is truncated or no JSON (%v)", err)}
	case head.Format != format || head.Version < 1:
		return State{}, &BrokenError{Reason: "it was not written by keyedin"}
	case head.Version > Version:
		return State{}, &NewerError{Version: head.Version, ToolVersion: writer(b)}
	}
	bare := bytes.Replace(b, []byte(`"`+head.Checksum+`"`), []byte(`""`), 1)
	if sum, err := checksum(bare); err != nil || sum != head.Checksum {
		return State{}, &BrokenError{Reason: "its content does not match its checksum, so it was edited or damaged"}
	}
	var whole stored
	if err := json.Unmarshal(b, &whole); err != nil {
		return State{}, &BrokenError{Reason: err.Error()}
	}
	return tidy(whole.State)
}

// tidy gives documents back in the compact form they were saved in, and maps that can be written to.
func tidy(s State) (State, error) {
	if s.Objects == nil {
		s.Objects = map[string]Object{}
	}
	if s.Generations == nil {
		s.Generations = map[string]int{}
	}
	for address, o := range s.Objects {
		if o.Document == nil {
			continue
		}
		var b bytes.Buffer
		if err := json.Compact(&b, o.Document); err != nil {
			return State{}, &BrokenError{Reason: fmt.Sprintf("document of %s: %v", address, err)}
		}
		o.Document = b.Bytes()
		s.Objects[address] = o
	}
	return s, nil
}

// marshal keeps <, > and & as they are: state is read by people and documents must come back as they went in.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode state: %w", err)
	}
	return b.Bytes(), nil
}

func checksum(b []byte) (string, error) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, b); err != nil {
		return "", err
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256(compact.Bytes())), nil
}

// writer is the tool version of the last run, as far as an unknown format lets it be read.
func writer(b []byte) string {
	var s struct {
		Runs []struct {
			ToolVersion string `json:"tool-version"`
		} `json:"runs"`
	}
	if json.Unmarshal(b, &s) != nil || len(s.Runs) == 0 {
		return ""
	}
	return s.Runs[len(s.Runs)-1].ToolVersion
}
