package zoo

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/align"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/prompt"
)

// rlStage returns a stage of reinforcement learning on two prompts, with a table of one entry in
// another file.
func rlStage(t *testing.T, entry string) *postTraining {
	dir := t.TempDir()
	data, table := filepath.Join(dir, "prompts.jsonl"), filepath.Join(dir, "ages.tsv")
	require.NoError(t, os.WriteFile(data, []byte(`{"prompt": "how old is mira?"}

{"messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hello"}]}
`), 0o666))
	require.NoError(t, os.WriteFile(table, []byte(entry), 0o666))
	tools, err := ParseTools([]string{"calculator,lookup=" + table})
	require.NoError(t, err)
	return &postTraining{chat: &prompt.Default, info: &StageInfo{Kind: StageRL, Data: data, Seed: 1,
		RL: &RLInfo{Tools: tools}}}
}

// bytesLayout returns the default template over bytes, and the tokens of a text in which the name
// of a special token stands for it.
func bytesLayout(t *testing.T) (corpus.Tokenizer, *prompt.Layout, func(...any) []lm.Token) {
	tok, err := corpus.WithSpecials(corpus.Byte{}, prompt.Default.Names()...)
	require.NoError(t, err)
	layout, err := prompt.Default.Layout(tok)
	require.NoError(t, err)
	return tok, layout, func(parts ...any) (all []lm.Token) {
		for _, p := range parts {
			switch p := p.(type) {
			case string:
				all = tok.Encode(all, p)
			case lm.Token:
				all = append(all, p)
			}
		}
		return all
	}
}

// TestRLRunsTheToolsOfTheUser checks that the answers to a user's prompts call the tools that the
// stage lists, the prompts offer them, and a reward program reads the calls with their results.
func TestRLRunsTheToolsOfTheUser(t *testing.T) {
	s := rlStage(t, "mira age\t44\n")
	require.NoError(t, s.load(t.Context()))
	require.Equal(t, prompt.Message{Role: prompt.System, Content: "tools : calculator lookup"},
		s.prompts[0].Messages[0])
	require.Equal(t, "be brief", s.prompts[1].Messages[0].Content)
	require.Equal(t, "2 prompts", s.info.Extent())
	s.prompts = s.prompts[:1]
	require.Equal(t, "1 prompt", s.describe())
	s.prompts = s.prompts[:2]

	tok, layout, tokens := bytesLayout(t)
	call := tokens(layout.Call, " lookup mira age", layout.Result)
	r := &align.Rollout{Tokens: call}
	result, err := s.insertTools(layout)(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, tokens(" 44", layout.Done), result)

	r.Tokens = append(append(call, result...), tokens(" mira is 44.", layout.End)...)
	require.Equal(t, align.Judged{
		Prompt: "how old is mira?", Answer: "mira is 44.", Complete: true,
		Messages: append(s.prompts[0].Messages,
			prompt.Message{Role: prompt.Assistant,
				Call: &prompt.Call{Tool: "lookup", Input: "mira age"}},
			prompt.Message{Role: prompt.Tool, Content: "44"},
			prompt.Message{Role: prompt.Assistant, Content: "mira is 44."}),
	}, s.judged(layout, tok, r))
	r.Tokens = r.Tokens[:len(r.Tokens)-1]
	require.False(t, s.judged(layout, tok, r).Complete)

	require.Equal(t, []string{"prompts.jsonl: line 1", "prompts.jsonl: line 3"}, func() []string {
		s.file = filepath.Base(s.file)
		p := s.rlPrompts(layout)
		return []string{p[0].Name, p[1].Name}
	}())
}

// TestStageHashKnowsTheTools checks that the hash of a stage depends on the tools and on the
// content of a table, but not on its path, and that a run cannot resume with a changed table.
func TestStageHashKnowsTheTools(t *testing.T) {
	hash := func(entry string, change func(*postTraining)) string {
		s := rlStage(t, entry)
		change(s)
		require.NoError(t, s.load(t.Context()))
		return s.info.hash()
	}
	same := func(*postTraining) {}
	one := hash("mira age\t44\n", same)
	require.Equal(t, one, hash("mira age\t44\n", same), "another path")
	require.NotEqual(t, one, hash("mira age\t45\n", same))
	require.NotEqual(t, one, hash("mira age\t44\n",
		func(s *postTraining) { s.info.RL.Tools = s.info.RL.Tools[1:] }))

	s := rlStage(t, "mira age\t44\n")
	require.NoError(t, s.load(t.Context()))
	require.NoError(t, os.WriteFile(s.info.RL.Tools[1].Table, []byte("mira age\t45\n"), 0o666))
	again := &postTraining{chat: s.chat, info: s.info}
	require.ErrorContains(t, again.load(t.Context()), "ages.tsv has changed since the run")
}

// TestParseTools checks that invalid descriptions of tools are refused.
func TestParseTools(t *testing.T) {
	all, err := ParseTools([]string{"calculator,lookup", "w=./w.sh a,b", "lookup = x.tsv"})
	require.NoError(t, err)
	require.Equal(t, []ToolInfo{{Name: "calculator"}, {Name: "lookup"},
		{Name: "w", Command: "./w.sh a,b"}, {Name: "lookup", Table: "x.tsv"}}, all)
	for spec, says := range map[string]string{
		"calc":            `unknown tool "calc"; want calculator, lookup, lookup=FILE or NAME=`,
		"calculator,":     "",
		",calculator":     `unknown tool ""; want`,
		"lookup=":         "the tool lookup has no file; want lookup=FILE",
		"w=":              "the tool w has no program; want a command such as ./w",
		"=./w.sh":         `the tool "=./w.sh" has no name; want NAME=COMMAND`,
		"calculator, w= ": "the tool w has no program",
	} {
		_, err := ParseTools([]string{spec})
		if says == "" {
			require.NoError(t, err, spec)
			continue
		}
		require.ErrorContains(t, err, says)
		require.ErrorAs(t, err, &Misuse{})
	}
	_, err = (&Data{}).registry([]ToolInfo{{Name: "weather"}}) // an edited config.json
	require.ErrorContains(t, err, `unknown tool "weather"; want`)
	_, err = (&Data{}).Tools([]string{"calculator,calculator"})
	require.ErrorContains(t, err, `"calculator" is listed twice; want different names`)
}

// TestStageInfoCheck: settings without sense are refused before any file is read.
func TestStageInfoCheck(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, x := range []float64{-1, nan, inf} {
		rl := RLInfo{Reward: "cmd:true", RLOptions: align.DefaultRL(align.GRPO)}
		rl.KL = x
		for _, i := range []StageInfo{
			{Kind: StageSFT, Rehearse: x},
			{Kind: StageReward, Center: x},
			{Kind: StageDPO, DPO: &align.DPOOptions{Beta: x}},
			{Kind: StageDPO, DPO: &align.DPOOptions{Beta: 1, NLL: x}},
			{Kind: StageDPO, DPO: &align.DPOOptions{Beta: 1}, Rehearse: x},
			{Kind: StageRL, RL: &rl},
		} {
			_, err := Standard().StageOrder(t.Context(), nil, i, nil, Input{})
			require.ErrorContains(t, err, "; want ", "%+v", i)
			require.ErrorAs(t, err, &Misuse{})
		}
	}
}

// TestEditedStage: an edited config.json without the fields of its stage is refused.
func TestEditedStage(t *testing.T) {
	c := Config{Species: "gpt", Chat: &prompt.Default, Parent: &Parent{}}
	for kind, says := range map[string]string{
		StageSFT: "", StageReward: "",
		StageDPO: "needs the fields stage.dpo; restore them",
		StageRL:  "needs the fields stage.rl; restore them",
		"dop":    `unknown stage "dop"; did you mean "dpo"?`,
	} {
		c.Stage = &StageInfo{Kind: kind}
		_, err := Standard().speciesOf(c)
		if says == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, says)
	}
	c.Chat = nil
	_, err := Standard().speciesOf(c)
	require.ErrorContains(t, err, "needs the fields chat and parent")
}
