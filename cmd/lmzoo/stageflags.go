package main

import (
	"fmt"
	"strconv"
	"strings"

	"lmzoo/zoo"
)

// stageFlags returns the values of the flags that a resumed stage cannot change, as flags print
// them. A stage lists only the flags that it has.
func stageFlags(i zoo.StageInfo) map[string]string {
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	all := map[string]string{
		"examples": fmt.Sprint(i.Examples), "held": number(i.Held),
		"rehearse": number(i.Rehearse), "no-mask": fmt.Sprint(i.Unmasked),
		"center": number(i.Center), "lora-rank": "0", "lora-alpha": "0",
	}
	if l := i.LoRA; l != nil {
		all["lora-rank"], all["lora-alpha"] = fmt.Sprint(l.Rank), number(l.Alpha)
	}
	if d := i.DPO; d != nil {
		all["beta"], all["nll"] = number(d.Beta), number(d.NLL)
	}
	if r := i.RL; r != nil {
		all["reward"], all["tools"] = r.Reward, printTools(r.Tools)
		all["algorithm"], all["normalise"] = r.Algorithm, r.Normalise
		all["prompts"], all["samples"] = fmt.Sprint(r.Prompts), fmt.Sprint(r.Samples)
		all["tokens"], all["inner"] = fmt.Sprint(r.Max), fmt.Sprint(r.Inner)
		all["clip-ratio"], all["kl"] = number(r.Clip), number(r.KL)
		all["stop-kl"] = number(r.StopKL)
	}
	return all
}

// printTools returns the flag --tools that describes tools.
func printTools(tools []zoo.ToolInfo) string {
	parts := make([]string, len(tools))
	for i, t := range tools {
		parts[i] = t.Name
		switch {
		case t.Command != "":
			parts[i] += "=" + t.Command
		case t.Table != "":
			parts[i] += "=" + absolute(t.Table)
		}
	}
	return strings.Join(parts, ",")
}
