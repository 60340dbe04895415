package chat

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/align"
	"lmzoo/corpus/world"
	"lmzoo/play/playtest"
	"lmzoo/prompt"
	"lmzoo/zoo"
)

const question47 = "what is 4 7 times 3 6 ?"

// run returns a run that gives the answers of the conversations.
func run(t *testing.T, name string, conversations ...[]prompt.Message) *zoo.Run {
	r, err := playtest.Talker(name, conversations...)
	require.NoError(t, err)
	return r
}

// bigSum draws a question of the world for the calculator.
func bigSum() world.TalkQuestion {
	for _, q := range newTalkWorld(world.NewTalk(1)).tests[world.BigSum] {
		if q.System == prompt.Offer([]string{world.Calculator}) {
			return q
		}
	}
	panic("no question for the calculator alone")
}

// TestAsk asks a run that calls the calculator, one that guesses, and one that only continues text.
func TestAsk(t *testing.T) {
	q := bigSum()
	guess := prompt.Message{Role: prompt.Assistant, Content: "i do know it ."}
	_, url := serve(t, "",
		run(t, "base"),
		run(t, "dpo", playtest.Conversation(q.User, align.Answered(q.Right())...)),
		run(t, "sft", playtest.Conversation(q.User, guess)))
	names, data := playtest.Events(t, url+"/api/chat",
		fmt.Sprintf(`{"question":%q,"tools":["calculator"]}`, q.User))
	require.Equal(t, "done", names[len(names)-1])
	ends, said, steps := map[string]event{}, map[string]string{}, []string{}
	for i, name := range names {
		var ev event
		require.NoError(t, json.Unmarshal([]byte(data[i]), &ev))
		switch name {
		case "text":
			said[ev.Model] += ev.Text
		case "call":
			steps = append(steps, ev.Model+": "+ev.Call.Tool+" "+ev.Call.Input)
		case "result":
			steps = append(steps, ev.Model+": "+ev.Text)
		case "end":
			ends[ev.Model] = ev
		}
	}
	require.Equal(t,
		[]string{"dpo: calculator " + q.Call.Input, "dpo: " + q.Call.Output}, steps)
	require.Equal(t, q.Answers[0], said["dpo"])
	require.Equal(t, 1.0, ends["dpo"].Gold.Reward)
	require.Equal(t, world.BigSum, ends["dpo"].Gold.Kind)
	require.Len(t, ends["dpo"].Answer, 3)
	require.Equal(t, -1.0, ends["sft"].Gold.Reward, "a guess")
	require.Equal(t, q.Answers[0], ends["sft"].Gold.Right)
	require.Nil(t, ends["base"].Gold, "the base does not answer")
	require.Equal(t, "stop", ends["base"].Reason)
	require.Empty(t, ends["dpo"].Rewards, "there is no reward model")
}

// TestSuggest checks that the gold checker knows every suggested question.
func TestSuggest(t *testing.T) {
	r := run(t, "sft", playtest.Conversation(question47))
	a, url := serve(t, "", r, run(t, "base"))
	type list struct {
		Models    []participant `json:"models"`
		Questions []suggestion  `json:"questions"`
	}
	var before string
	for seed := range 5 {
		all := playtest.OK[list](t, "GET", fmt.Sprintf("%s/api/chat?seed=%d", url, seed), "")
		require.Len(t, all.Models, 2)
		require.Len(t, all.Questions, len(world.TalkKinds()))
		for _, q := range all.Questions {
			require.NotEmpty(t, q.About)
			m, err := a.Models.Get("", "sft")
			require.NoError(t, err)
			asked := a.worlds.of(m).known[key(q.Tools, q.Question)]
			require.Equal(t, q.Right, asked.Answers[0])
			reply := &prompt.Reply{End: prompt.EndStop, Messages: align.Answered(asked.Right())}
			g := a.gold(m, &question{Question: q.Question, Tools: q.Tools}, reply)
			require.Equal(t, 1.0, g.Reward, q.Question)
			reply.End = prompt.EndLength
			require.Equal(t, -1.0,
				a.gold(m, &question{Question: q.Question, Tools: q.Tools}, reply).Reward,
				"an answer that was cut off")
		}
		require.NotEqual(t, before, all.Questions[0].Question)
		before = all.Questions[0].Question
	}
}

func TestRefuses(t *testing.T) {
	_, url := serve(t, "", run(t, "sft", playtest.Conversation(question47)))
	for body, want := range map[string]string{
		`{"question":""}`:                                "question is empty",
		`{"question":"x","samples":5}`:                   "samples is 5",
		`{"question":"x","max_tokens":101}`:              "max_tokens is 101",
		`{"question":"x","tools":["sh=/bin/sh"]}`:        "want calculator, lookup or both",
		`{"question":"x","tools":["lookup=/etc/hosts"]}`: "want calculator, lookup or both",
		`{"question":"x","temperature":-1}`:              "temperature is -1",
		`{"question":"x","pace":-1}`:                     "pace is -1",
		`{"question":"x","models":["y"]}`:                "there is no model",
	} {
		status, text := playtest.Call(t, "POST", url+"/api/chat", body)
		require.GreaterOrEqual(t, status, 400)
		require.Contains(t, text, want)
	}
	_, url = serve(t, "", run(t, "base"))
	status, text := playtest.Call(t, "POST", url+"/api/chat", `{"question":"x"}`)
	require.Equal(t, 400, status)
	require.Contains(t, text, "no model here has learned to answer")
}

// TestPreferences checks that lmzoo reward and dpo can read what visitors choose.
func TestPreferences(t *testing.T) {
	file := filepath.Join(t.TempDir(), "choices.jsonl")
	_, url := serve(t, file)
	pair := `{"prompt":[{"role":"user","content":"<hi> ?"}],` +
		`"chosen":[{"role":"assistant","content":"a ."}],` +
		`"rejected":[{"role":"assistant","content":"","call":{"tool":"calculator","input":"1"}},` +
		`{"role":"tool","content":"1"},{"role":"assistant","content":"b ."}],"kind":"known"}`
	send := func(pairs string) (int, string) {
		return playtest.Call(t, "POST", url+"/api/chat/preferences", `{"pairs":[`+pairs+`]}`)
	}
	status, text := send(pair + "," + pair)
	require.Equal(t, 200, status, text)
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, data[:len(data)-1], 0o666)) // its last line has no end
	status, text = send(pair)
	require.Equal(t, 200, status, text)
	status, text = send(strings.Replace(pair, `"b ."`, `""`, 1))
	require.Equal(t, 400, status)
	require.Contains(t, text, "content: empty")
	status, _ = send("")
	require.Equal(t, 400, status)

	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	all, err := prompt.ReadPreferences(f, file)
	require.NoError(t, err)
	require.Len(t, all, 3)
	require.Equal(t, "<hi> ?", all[2].Prompt[0].Content)
	require.Equal(t, "known", all[2].Kind)
	require.Len(t, all[2].Rejected, 3)

	require.NoError(t, os.Truncate(file, maxFile))
	status, text = send(pair)
	require.Equal(t, 507, status)
	require.Contains(t, text, "is full")
	_, url = serve(t, "")
	status, _ = send(pair)
	require.Equal(t, 403, status)
}

// TestDocumented compares the limits that docs/api.md states with those of this package.
func TestDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/api.md")
	require.NoError(t, err)
	for _, want := range []string{
		fmt.Sprintf("`max_tokens` (default %d)", defaultTokens),
		fmt.Sprintf("`samples` (answers of each model, 1 to %d; at most %d answers in all)",
			maxSamples, maxAnswers),
		fmt.Sprintf("up to %d pairs", maxPairs),
		fmt.Sprintf("%d MiB", maxFile>>20),
	} {
		require.Contains(t, string(page), want)
	}
}
