#!/usr/bin/env python3
"""Measure lmzoo and its peers by turns and print the tables of docs/performance.md.

    make build
    /usr/bin/python3 bench/testdata/peers.py [--threads 2] [--seconds 10] [--rounds 5]
        [--makemore DIR] [--llama2 DIR] [NAME...]

In each round everything runs once, one program after the other, so that a disturbance of the machine
falls on all alike. A cell is the median over the rounds of the medians of a round, a ratio the median
over the rounds of the ratios of a round, with the smallest and the largest. PyTorch is measured in all
settings of bench_torch.py and counts with its best. --makemore is a checkout of karpathy/makemore, which
runs at its defaults; --llama2 one of karpathy/llama2.c in which `make runomp` has been run.
"""
import argparse
import array
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import bench_torch

MAKEMORE = {"makemore-mlp": "mlp", "makemore-rnn": "rnn", "makemore-gru": "gru", "makemore-gpt": "transformer"}
# makemore.py writes its losses with tensorboard, which need not be installed.
STUB = """
import runpy, sys, types
stub = types.ModuleType("torch.utils.tensorboard")
stub.SummaryWriter = lambda **_: types.SimpleNamespace(add_scalar=lambda *_: None)
sys.modules["torch.utils.tensorboard"] = stub
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run(*command, **environment):
    return subprocess.run(command, env={**os.environ, **environment}, check=True, text=True, stdout=subprocess.PIPE).stdout


def lmzoo(options, seconds):
    names = ["--json", "--quiet", "--threads", str(options.threads), "--seconds", str(seconds)]
    return json.loads(run(options.lmzoo, "bench", *options.names, *names))


def torch(options, names):
    """{name: {setting: median of a step in ms}} of one round, and what torch is built with."""
    out, about = {name: {} for name in names}, ""
    for setting in bench_torch.settings(options.threads):
        got = bench_torch.start(argparse.Namespace(names=names, seconds=options.seconds, rounds=options.rounds), *setting)
        about = f"torch {got['torch']}, {got['blas']}"
        for name, seconds in got["seconds"].items():
            out[name][setting] = 1e3 * statistics.median(seconds)
    return out, about


def makemore(directory, kind):
    """Milliseconds of a step; makemore prints every tenth."""
    with tempfile.TemporaryDirectory() as work:
        text = run(sys.executable, "-c", STUB, os.path.join(directory, "makemore.py"), "--type", kind, "--work-dir", work,
                   "--input-file", os.path.join(directory, "names.txt"), "--max-steps", "301", PYTHONWARNINGS="ignore")
    return statistics.median(float(ms) for ms in re.findall(r"step time ([\d.]+)ms", text)[1:])


def write_llama(path, dim=288, hidden=768, layers=6, heads=6, vocab=32000, length=256):
    """Random weights of llama2.c's 15M model, in its first format."""
    matrices = vocab * dim + layers * (4 * dim * dim + 3 * dim * hidden)
    vectors = layers * 2 * dim + dim + length * dim // heads
    rng = random.Random(1)
    noise = array.array("f", (0.02 * rng.gauss(0, 1) for _ in range(1 << 16)))
    with open(path, "wb") as f:
        array.array("i", [dim, hidden, layers, heads, heads, vocab, length]).tofile(f)
        left = matrices + vectors
        while left > 0:
            noise[:left].tofile(f)
            left -= len(noise)


def llama(directory, model, threads):
    """Tokens a second."""
    result = subprocess.run(["./run", model, "-n", "256", "-t", "0"], cwd=directory, check=True, capture_output=True,
                            env={**os.environ, "OMP_NUM_THREADS": str(threads)})
    return float(re.search(rb"tok/s: ([\d.]+)", result.stderr)[1])


def spread(values, digits=2):
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def word(setting):
    threads, policy = setting
    return "1 thread" if threads == 1 else f"{threads} threads, {policy}"


def training(options, zoo, peers, others):
    print("| work | lmzoo, ms a step | of peak | PyTorch, ms a step | its best setting | ratio | makemore | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for name in (m["name"] for m in zoo[0]["models"] if "step_seconds" in m):
        rows = [next(m for m in z["models"] if m["name"] == name) for z in zoo]
        mine = [1e3 * r["step_seconds"]["all"] for r in rows]
        cells = [f"`{name}`", f"{statistics.median(mine):.2f}", f"{100 * statistics.median(r['of_peak']['all'] for r in rows):.0f} %"]
        if name in peers[0]:
            best = min(peers[0][name], key=lambda s: statistics.median(p[name][s] for p in peers))
            theirs = [p[name][best] for p in peers]
            cells += [f"{statistics.median(theirs):.1f}", word(best), spread([t / m for t, m in zip(theirs, mine)])]
        else:
            cells += ["", "", ""]
        if others and name in others[0]:
            theirs = [o[name] for o in others]
            cells += [f"{statistics.median(theirs):.1f}", spread([t / m for t, m in zip(theirs, mine)], 1)]
        else:
            cells += ["", ""]
        print("| " + " | ".join(cells) + " |")


def generation(options, zoo, llamas):
    print("\n| generation, tokens/s | 1 thread | all threads |")
    print("|---|---|---|")
    for name in ("toy",):
        rows = [next((m for m in z["models"] if m["name"] == name), None) for z in zoo]
        if rows[0] is None:
            continue
        for what, key in (("float32", "generated"), ("one byte", "generated_int8")):
            print(f"| `{name}`, {what} | " + " | ".join(spread([r[key][n] for r in rows], 0) for n in ("one", "all")) + " |")
    if llamas:
        print("| llama2.c, float32 | " + " | ".join(spread([l[n] for l in llamas], 0) for n in (0, 1)) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="benchmarks of lmzoo (default: all)")
    parser.add_argument("--lmzoo", default="bin/lmzoo")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=10, help="for each model, program and setting, over all rounds")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--makemore", help="directory of makemore")
    parser.add_argument("--llama2", help="directory of llama2.c")
    options = parser.parse_args()
    zoo, peers, others, llamas, about = [], [], [], [], ""
    with tempfile.TemporaryDirectory() as work:
        model = os.path.join(work, "15m.bin")
        if options.llama2:
            write_llama(model)
        for n in range(options.rounds):
            print(f"round {n + 1} of {options.rounds}", file=sys.stderr)
            zoo.append(lmzoo(options, options.seconds / options.rounds))
            names = [m["name"] for m in zoo[0]["models"] if m["name"] in bench_torch.SHAPES]
            round, about = torch(options, names) if names else ({}, about)
            peers.append(round)
            if options.makemore:
                wanted = [m["name"] for m in zoo[0]["models"] if m["name"] in MAKEMORE]
                others.append({name: makemore(options.makemore, MAKEMORE[name]) for name in wanted})
            if options.llama2:
                llamas.append([llama(options.llama2, model, t) for t in (1, options.threads)])
    peaks = [statistics.median(z["peak_flops"][n] for z in zoo) / 1e9 for n in ("one", "all")]
    print(f"{options.rounds} rounds; {zoo[0]['kernel']}, {peaks[0]:.0f} GFLOP/s on one thread, {peaks[1]:.0f} on {options.threads}; {about}\n")
    training(options, zoo, peers, others)
    generation(options, zoo, llamas)


if __name__ == "__main__":
    main()
