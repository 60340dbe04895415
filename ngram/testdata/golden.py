#!/usr/bin/env python3
"""Makes kenlm.json: what KenLM says about mill.test.txt after learning mill.txt.

Run: python3 golden.py

Needs KenLM's lmplz and query (github.com/kpu/kenlm) in PATH. For every setting it writes the discounts
lmplz prints and, line by line, the log10 probability query gives every token, </s> last.
"""
import json, os, re, subprocess, sys, tempfile

here = os.path.dirname(os.path.abspath(__file__))


def read(name, chars):
    lines = open(os.path.join(here, name), encoding="utf-8").read().splitlines()
    # as characters: one token each, the space written as an underscore
    return [" ".join(line.replace(" ", "_")) for line in lines] if chars else lines


def run(order, prune=(), fallback=False, chars=False):
    train, test = read("mill.txt", chars), read("mill.test.txt", chars)
    cmd = ["lmplz", "-o", str(order), "-S", "50M"]
    if prune:
        cmd += ["--prune"] + [str(p) for p in prune]
    if fallback:
        cmd += ["--discount_fallback"]
    built = subprocess.run(cmd, input="\n".join(train) + "\n", capture_output=True, text=True, check=True)
    discounts = [[float(x) for x in m] for m in re.findall(r"^\d.* D1=(\S+) D2=(\S+) D3\+=(\S+)", built.stderr, re.M)]
    with tempfile.NamedTemporaryFile("w", suffix=".arpa") as f:
        f.write(built.stdout)
        f.flush()
        asked = subprocess.run(["query", f.name], input="\n".join(test) + "\n", capture_output=True, text=True, check=True)
    scores = []
    for line in asked.stdout.splitlines():
        if "Total:" in line:
            scores.append([float(x) for x in re.findall(r"=\d+ \d+ (\S+)", line)])
    assert len(scores) == len(test), (len(scores), len(test))
    return {"order": order, "prune": list(prune), "chars": chars, "discounts": discounts, "log10": scores}


golden = [
    run(2), run(3), run(4), run(5, fallback=True), run(6, fallback=True),
    run(3, prune=(0, 0, 1)), run(4, prune=(0, 1)), run(5, prune=(0, 0, 1, 2), fallback=True),
    run(3, chars=True, fallback=True), run(6, chars=True, fallback=True),
]
json.dump(golden, open(os.path.join(here, "kenlm.json"), "w"), separators=(",", ":"))
print(len(golden), "settings", file=sys.stderr)
