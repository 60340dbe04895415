package prompt

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Preference is a prompt with a better answer (Chosen) and a worse one (Rejected).
type Preference struct {
	Prompt, Chosen, Rejected []Message // the answers follow the prompt
	Kind                     string    // name of the tested property, from the field "kind"
	Line                     int       // line number in the file
}

// ReadPreferences reads preferences in the format of TRL's data sets, one JSON object per line:
// {"prompt", "chosen", "rejected"}, each a string or a list of messages. The answers may repeat the
// prompt. Without "prompt", the messages that both lists begin with are the prompt. A string "kind"
// groups the results. Unknown fields are ignored. Errors name the file (as name), the line and the
// field.
func ReadPreferences(r io.Reader, name string) ([]Preference, error) {
	var all []Preference
	err := eachLine(r, name, func(o object, n int) error {
		p, err := o.preference()
		p.Line = n
		all = append(all, p)
		return err
	})
	return all, err
}

// preference decodes the preference in a line.
func (o object) preference() (p Preference, err error) {
	for _, field := range []string{"chosen", "rejected"} {
		if !o.has(field) {
			return p, fmt.Errorf("%s: missing; the line has %s", field, o.fields())
		}
	}
	if o.has("prompt") {
		p.Prompt, err = turns("prompt", o["prompt"], User)
	} else {
		p.Prompt, err = o.common()
	}
	if err != nil {
		return p, err
	}
	if p.Chosen, err = p.answer("chosen", o["chosen"]); err != nil {
		return p, err
	}
	if p.Rejected, err = p.answer("rejected", o["rejected"]); err != nil {
		return p, err
	}
	_ = json.Unmarshal(o["kind"], &p.Kind) // a kind of another type is ignored
	if equal(p.Chosen, p.Rejected) {
		return p, errors.New("chosen, rejected: the same answer twice; want two different answers")
	}
	return p, nil
}

// answer returns the messages of an answer without the prompt.
func (p Preference) answer(field string, raw json.RawMessage) ([]Message, error) {
	all, err := follow(p.Prompt, field, raw)
	if err != nil {
		return nil, err
	}
	if last := all[len(all)-1]; last.Role != Assistant {
		return nil, fmt.Errorf("%s: ends with the role %s; want assistant", field, last.Role)
	}
	return all[len(p.Prompt):], nil
}

// common returns the initial messages that both answers share.
func (o object) common() ([]Message, error) {
	chosen, err := turns("chosen", o["chosen"], Assistant)
	if err != nil {
		return nil, err
	}
	rejected, err := turns("rejected", o["rejected"], Assistant)
	if err != nil {
		return nil, err
	}
	n := 0
	for n < min(len(chosen), len(rejected)) && equal(chosen[n:n+1], rejected[n:n+1]) {
		n++
	}
	for n > 0 && chosen[n-1].Role == Assistant { // a prompt ends before the answer
		n--
	}
	if n == 0 {
		return nil, errors.New("prompt: missing, and the answers do not begin with the same " +
			"messages; want \"prompt\"")
	}
	return chosen[:n], nil
}
