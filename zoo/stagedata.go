package zoo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"lmzoo/prompt"
)

// stageData holds the examples of a stage. Each list is empty unless the stage learns from it.
type stageData struct {
	conversations, heldConversations []prompt.Conversation
	preferences, heldPreferences     []prompt.Preference
	prompts                          []prompt.Conversation
	tools                            *prompt.Registry // tools that answers may call
	file                             string           // name of the file in errors
	talk                             *talkData        // nil: the data is a file
}

// describe returns a description of the size of the data.
func (d stageData) describe() string {
	switch held := len(d.heldConversations) + len(d.heldPreferences); {
	case len(d.prompts) > 0:
		return number(len(d.prompts), "prompt", "")
	case len(d.preferences) > 0:
		return fmt.Sprintf("%s, %d held out", number(len(d.preferences), "pair", " of answers"),
			held)
	default:
		return fmt.Sprintf("%s, %d held out", number(len(d.conversations), "conversation", ""),
			held)
	}
}

// number returns a number of things, such as "1 pair of answers".
func number(n int, thing, rest string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s%s", n, thing, rest)
}

// load reads the examples and sets the absolute path of the file and the hash in info. If info
// already has a hash, data with a different hash is an error.
func (s *postTraining) load(context.Context) error {
	if s.info.Data == TalkName {
		return s.loadTalk()
	}
	path, err := filepath.Abs(s.info.Data)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return Misuse{fmt.Errorf("reading the data: %w; want a .jsonl file", err)}
	}
	if err := reconcileHash(&s.info.SHA256, path, data); err != nil {
		return err
	}
	r, name := bytes.NewReader(data), s.info.Data
	s.file = name
	switch s.info.Kind {
	case StageSFT:
		err = readStage(s.info, &s.conversations, &s.heldConversations, r, name,
			prompt.ReadConversations)
	case StageReward, StageDPO:
		err = readStage(s.info, &s.preferences, &s.heldPreferences, r, name, prompt.ReadPreferences)
	case StageRL:
		none := StageInfo{Seed: s.info.Seed, Examples: s.info.Examples} // nothing to validate on
		err = readStage(&none, &s.prompts, &s.prompts, r, name, prompt.ReadPrompts)
		if err == nil {
			err = s.loadTools()
		}
	}
	s.info.Data, s.info.extent = path, s.describe()
	return err
}

// reconcileHash sets the hash of data. It returns an error if an interrupted run recorded another
// hash.
func reconcileHash(was *string, name string, data []byte) error {
	sum := sha256.Sum256(data)
	hash := hex.EncodeToString(sum[:])
	if *was != "" && *was != hash {
		return fmt.Errorf("%s has changed since the run was started; restore it, or train again "+
			"with --overwrite", name)
	}
	*was = hash
	return nil
}

// loadTools opens the tools of the roll-outs, and offers them in every prompt without a system
// message, as lmzoo chat does.
func (s *postTraining) loadTools() (err error) {
	infos := s.info.RL.Tools
	for i := range infos {
		if err := infos[i].reconcileTable(); err != nil {
			return err
		}
	}
	if s.tools, err = s.data.registry(infos); err != nil || len(infos) == 0 {
		return err
	}
	offer := prompt.Message{Role: prompt.System, Content: prompt.Offer(s.tools.Names())}
	for i, p := range s.prompts {
		if p.Messages[0].Role != prompt.System {
			s.prompts[i].Messages = append([]prompt.Message{offer}, p.Messages...)
		}
	}
	return nil
}

// readStage reads the examples of a file, draws some of them, and holds out a share.
func readStage[E any](i *StageInfo, use, held *[]E, r io.Reader, name string,
	read func(io.Reader, string) ([]E, error)) error {
	all, err := read(r, name)
	if err != nil {
		return Misuse{err}
	}
	if i.Examples > len(all) {
		return Misuse{fmt.Errorf("%s has %d lines; want at least the %d examples to draw", name,
			len(all), i.Examples)}
	}
	order := rand.New(rand.NewPCG(i.Seed, stageStream)).Perm(len(all))
	n := int(math.Floor(i.Held * float64(len(all))))
	if i.Examples > 0 {
		n = min(n, len(all)-i.Examples)
	}
	out, in := slices.Sorted(slices.Values(order[:n])), order[n:]
	if i.Examples > 0 {
		in = in[:i.Examples]
	}
	slices.Sort(in) // the training shuffles them
	*held = picked(all, out)
	*use = picked(all, in)
	return nil
}

// stageStream is the stream of random numbers that draws examples.
const stageStream = 0x57a6e

func picked[E any](all []E, at []int) (out []E) {
	for _, i := range at {
		out = append(out, all[i])
	}
	return out
}
