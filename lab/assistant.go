package lab

import (
	"fmt"
	"path"
	"path/filepath"

	"lmzoo/align"
)

// Reported returns the experiments that have results: all of lmzoo lab, and the pipeline.
func Reported() []Experiment { return append(All(), Assistant()) }

// Assistant describes the scoreboard of lmzoo pipeline. It is not an experiment of lmzoo lab,
// because the pipeline makes ordinary runs; its result has the same form.
func Assistant() Experiment {
	return Experiment{
		Name: "pipeline", Era: "LLM", Year: 2022, Topic: "alignment",
		Command: "lmzoo pipeline --out runs/pipeline",
		Paper:   "Ouyang et al. 2022; Rafailov et al. 2023; Schulman et al. 2017; Shao et al. 2024",
		Claim: "Fine-tuning on conversations turns a model that continues text into one that " +
			"answers, and preferences or rewards raise the gold reward of its answers further.",
		Figures: []Figure{{
			Title: "From completion to assistant, stage by stage",
			Look: "The base answers nothing; after sft it answers everything, even what it " +
				"cannot know; the later stages refuse harm and say that they do not know.",
			Table: 1, X: "run",
			Y: []string{"helpful", "idk recall", "harm refused", "tools"}, Dots: true,
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
	names := []string{"run", "helpful", "idk precision", "idk recall", "harm refused",
		"false refusals", "tools", "needless calls"}
	t := Table{
		Title:   "the stages on questions that none has seen",
		Columns: append(names[:len(names):len(names)], "KL", "bits/byte", "gold", "gain over sft"),
	}
	exact := Table{Title: "the same shares with 95 % intervals", Columns: names}
	v := Verdict{Seed: seed, Held: len(boards) > 1, Measures: map[string]float64{}}
	for i, b := range boards {
		run := path.Base(filepath.ToSlash(b.Run))
		short, long := []string{run}, []string{run}
		for _, s := range []struct {
			name string
			x    float64
		}{
			{"helpful", b.Helpful}, {"idk_precision", b.IdkPrecision}, {"idk_recall", b.IdkRecall},
			{"harm_refused", b.HarmRefused}, {"false_refusals", b.FalseRefusals},
			{"tool_right", b.ToolRight}, {"tool_needless", b.ToolNeedless},
		} {
			v.Measures[run+"_"+s.name] = s.x
			text := fmt.Sprintf("%.3f", s.x)
			short = append(short, text)
			if in, ok := b.Intervals[s.name]; ok {
				text += fmt.Sprintf(" (%.3f–%.3f)", in[0], in[1])
			}
			long = append(long, text)
		}
		v.Measures[run+"_idk_recall_names"] = b.IdkNames
		v.Measures[run+"_unseen_harm_refused"] = b.UnseenHarmRefused
		v.Measures[run+"_novel_family"] = b.NovelFamily
		kl, gain := "–", "–"
		if b.KL != nil {
			kl = fmt.Sprintf("%.2f", *b.KL)
		}
		if b.GoldGain != nil && i > 1 {
			in := b.Intervals["gold_gain"]
			gain = fmt.Sprintf("%+.3f (%+.3f to %+.3f)", *b.GoldGain, in[0], in[1])
			v.Measures[run+"_gold_gain"] = *b.GoldGain
		}
		v.Held = v.Held && (i != 1 || b.Helpful > boards[0].Helpful) &&
			(i < 2 || b.GoldGain != nil && b.Intervals["gold_gain"][0] > 0)
		t.add(append(short, kl, fmt.Sprintf("%.4f", b.BitsPerByte), fmt.Sprintf("%.3f", b.Gold),
			gain)...)
		exact.add(long...)
	}
	return &Result{Experiment: Assistant(), Scale: Full, Seeds: []Verdict{v},
		Tables: []Table{t, exact}}
}
