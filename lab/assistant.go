package lab

import (
	"fmt"
	"path"
	"path/filepath"

	"lmzoo/align"
)

// Assistant describes the scoreboard of lmzoo pipeline. It is no experiment of lmzoo lab, because
// the pipeline makes ordinary runs; its result has the same form.
func Assistant() Experiment {
	return Experiment{
		Name: "pipeline", Era: "LLM", Year: 2022, Topic: "alignment",
		Command: "lmzoo pipeline --out runs/pipeline",
		Paper:   "Ouyang et al. 2022; Rafailov et al. 2023; Schulman et al. 2017; Shao et al. 2024",
		Claim: "Fine-tuning on conversations turns a model that continues text into one that " +
			"answers, and preferences or rewards raise the gold reward of its answers further.",
		Figures: []Figure{{
			Title: "From completion to assistant, stage by stage",
			Look: "The base answers nothing; after sft it answers everything, also what it " +
				"cannot know; the later stages refuse harm and say that they do not know.",
			X: "run", Y: []string{"helpful", "idk recall", "harm refused", "tools"}, Dots: true,
			YAxis: "share of the questions",
		}, {
			Title: "What each stage costs the text",
			Look: "Bits per byte of the text that the base was trained on: the rise above the " +
				"base is the tax of the stage.",
			X: "run", Y: []string{"bits/byte"}, Dots: true, YAxis: "bits per byte",
		}},
	}
}

// Scoreboard returns the scoreboards of a pipeline as a result. The claim holds if sft is more
// helpful than the base, and every later stage has more gold reward than sft.
func Scoreboard(boards []*align.Scoreboard, seed uint64) *Result {
	t := Table{
		Title: "the stages on questions that none has seen",
		Columns: []string{
			"run", "stage", "helpful", "idk precision", "idk recall", "harm refused",
			"false refusals", "tools", "needless calls", "KL", "bits/byte", "gold", "gain over sft",
		},
	}
	v := Verdict{Seed: seed, Held: len(boards) > 1, Measures: map[string]float64{}}
	share := func(b *align.Scoreboard, name string, x float64) string {
		v.Measures[path.Base(filepath.ToSlash(b.Run))+"_"+name] = x
		if i, ok := b.Intervals[name]; ok {
			return fmt.Sprintf("%.3f ±%.3f", x, (i[1]-i[0])/2)
		}
		return fmt.Sprintf("%.3f", x)
	}
	for i, b := range boards {
		run := path.Base(filepath.ToSlash(b.Run))
		kl, gain := "–", "–"
		if b.KL != nil {
			kl = fmt.Sprintf("%.2f", *b.KL)
		}
		if b.GoldGain != nil {
			in := b.Intervals["gold_gain"]
			gain = fmt.Sprintf("%+.3f ±%.3f", *b.GoldGain, (in[1]-in[0])/2)
			v.Measures[run+"_gold_gain"] = *b.GoldGain
		}
		v.Held = v.Held && (i != 1 || b.Helpful > boards[0].Helpful) &&
			(i < 2 || b.GoldGain != nil && b.Intervals["gold_gain"][0] > 0)
		t.add(run, b.Stage, share(b, "helpful", b.Helpful),
			share(b, "idk_precision", b.IdkPrecision), share(b, "idk_recall", b.IdkRecall),
			share(b, "harm_refused", b.HarmRefused), share(b, "false_refusals", b.FalseRefusals),
			share(b, "tool_right", b.ToolRight), share(b, "tool_needless", b.ToolNeedless), kl,
			fmt.Sprintf("%.4f", b.BitsPerByte), fmt.Sprintf("%.3f", b.Gold), gain)
	}
	return &Result{Experiment: Assistant(), Scale: Full, Seeds: []Verdict{v}, Tables: []Table{t}}
}
