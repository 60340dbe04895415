package play

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"lmzoo/align"
	"lmzoo/play/playtest"
	"lmzoo/prompt"
	"lmzoo/report/browsertest"
	"lmzoo/zoo"
)

// talkers returns a run that only continues text, one that guesses, and one that calculates.
func talkers(t *testing.T, question string) (runs []*zoo.Run) {
	guess := prompt.Message{Role: prompt.Assistant, Content: "the answer is 4 ."}
	call := prompt.Message{Role: prompt.Assistant,
		Call: &prompt.Call{Tool: "calculator", Input: "4 7 times 3 6"}}
	result := prompt.Message{Role: prompt.Tool, Content: "1 6 9 2"}
	answer := prompt.Message{Role: prompt.Assistant, Content: "4 7 times 3 6 is 1 6 9 2 ."}
	for _, x := range []struct {
		name  string
		turns [][]prompt.Message
	}{
		{"base", nil},
		{"sft", [][]prompt.Message{playtest.Conversation(question, guess)}},
		{"dpo", [][]prompt.Message{playtest.Conversation(question, call, result, answer)}},
	} {
		r, err := playtest.Talker(x.name, x.turns...)
		require.NoError(t, err)
		runs = append(runs, r)
	}
	return runs
}

// TestBrowserChat asks a question, opens the steps of an answer, and appends a choice to a file.
func TestBrowserChat(t *testing.T) {
	if testing.Short() {
		t.Skip("the browser is tested only in the full test")
	}
	browsertest.Chromium(t)
	const question = "what is 4 7 times 3 6 ?"
	file := filepath.Join(t.TempDir(), "choices.jsonl")
	s := New(talkers(t, question), Options{Preferences: file})
	ts := httptest.NewServer(s)
	t.Cleanup(func() { s.Close(); ts.CloseClientConnections(); ts.Close() })
	v := visit(t, ts.URL)
	v.open("chat")
	v.until(`document.querySelectorAll("#chat-questions button").length === 12`)
	ask[bool](v, `document.getElementById("c-pace").value = 0, true`)
	v.click("#c-calculator")
	v.do(chromedp.SendKeys("#c-question", question+"\r"))
	v.until(`document.getElementById("view-chat").dataset.state === "done"`)
	card := func(model string) string { return `#chat-cards [data-model="` + model + `"] ` }
	read := func(model, part string) string {
		return ask[string](v, `document.querySelector('`+card(model)+part+`').textContent`)
	}
	require.Equal(t, "base sft dpo", ask[string](v,
		`[...document.querySelectorAll("#chat-cards article")].map((e) => e.dataset.model)
			.join(" ")`))
	require.Contains(t, read("base", ".head"), "only continues the text")
	require.Equal(t, "calculator 4 7 times 3 6 → 1 6 9 2", read("dpo", ".pad li"))
	require.Equal(t, "4 7 times 3 6 is 1 6 9 2 .", read("dpo", ".said"))
	require.True(t, ask[bool](v, `document.querySelector('`+card("dpo")+`details').open`))
	require.Contains(t, ask[string](v, `document.getElementById("chat-live").textContent`), ": ",
		"screen readers hear whole answers")
	require.Zero(t, ask[int](v, `document.querySelectorAll('`+card("base")+`button').length`))
	v.do(chromedp.EmulateViewport(390, 900))
	v.fits("chat")

	v.press(card("sft") + "button")
	v.press(card("dpo") + "button") // changes the choice
	v.until(`document.getElementById("choices-count").textContent.startsWith("1 pair ")`)
	v.press("#choices-append")
	v.until(`document.getElementById("choices").hidden`)
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	pairs, err := prompt.ReadPreferences(f, file)
	require.NoError(t, err)
	require.Len(t, pairs, 1)
	require.Equal(t, "tools : calculator", pairs[0].Prompt[0].Content)
	require.Equal(t, "4 7 times 3 6 is 1 6 9 2 .",
		align.AnswerIn(pairs[0].Chosen, true).Text)
	require.Equal(t, "the answer is 4 .", pairs[0].Rejected[0].Content)

	v.click("#chat-questions button:nth-child(8)") // a sum for the calculator
	v.until(`document.querySelector('` + card("dpo") + `.rewards').textContent.includes("gold −1")`)
	v.quiet()
}
