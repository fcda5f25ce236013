#!/usr/bin/env python3
"""compare.py FOLDER [--rounds N] [--questions Q1,Q2] [--program MUSTER]: Q1 to Q7 of Muster and of ClickHouse, in turn.

FOLDER is the folder of one size, after `cargo bench -- SIZE import` and `load.py FOLDER`. Answers are compared first.
Then every round asks each engine once; Muster, whose processor time comes in ticks, as often as makes 300 ms.
Printed are medians of processor time for one answer, and Muster's as a part of each peer's.
"""
import argparse
import json
import pathlib
import statistics

import answers
import muster
from clickhouse import ClickHouse, statements
from muster import Muster

QUESTIONS = ["Q1", "Q2", "Q3", "Q4", "Q5", "Q6", "Q7"]
PEERS = ["ch_mt", "ch_x"]
# More workspaces than there are.
ALL_ROWS = 100_000
BATCH_MS = 300
MOST_ASKS = 300


def check(server, peers, manifest, questions):
    """Compares all answers; gives the number of differences."""
    wrong = 0
    for name in questions:
        if name not in answers.CHECKS:
            print(f"{name}: not compared")
            continue
        data, _, _ = server.ask(muster.body(name, manifest, first=ALL_ROWS))
        for peer in peers:
            asked = statements(peer.name, manifest, ALL_ROWS)
            tables, _, _ = peer.ask(asked[name])
            besides = answers.BESIDES.get(name)
            rows = peer.ask(asked[besides])[0][0] if besides else []
            differences = answers.CHECKS[name](data, tables, rows)
            wrong += len(differences)
            print(f"{name}: {'; '.join(differences)[:600] or 'answers equal'} ({peer.name})", flush=True)
    return wrong


def measure(server, peers, manifest, name, rounds):
    """Medians of processor time and of wall-clock time for one answer, by engine."""
    cpu = {engine: [] for engine in ["muster", *PEERS]}
    wall = {engine: [] for engine in cpu}
    body = muster.body(name, manifest)
    _, once, _ = server.ask(body)
    _, once, _ = server.ask(body)
    asks = max(1, min(MOST_ASKS, round(BATCH_MS / once)))
    for number in range(rounds + 1):
        for peer in peers:
            _, took, used = peer.ask(statements(peer.name, manifest, 100)[name])
            # The first round warms up.
            if number:
                cpu[peer.name].append(used)
                wall[peer.name].append(took)
        _, took, used = server.ask(body, asks)
        if number:
            cpu["muster"].append(used)
            wall["muster"].append(took)
    median = lambda figures: {engine: statistics.median(values) for engine, values in figures.items()}
    return median(cpu), median(wall)


def askable(server, questions):
    """Leaves out questions about which the schema knows nothing."""
    kept = []
    for name in questions:
        needs = [line[9:].strip() for line in muster.document(name).splitlines() if line.startswith("# Needs: ")]
        missing = [field for field in needs if not server.has(field)]
        if missing:
            print(f"{name} is skipped: the schema has no field {missing[0]}")
        else:
            kept.append(name)
    return kept


def short(figure):
    return f"{figure:.0f}" if figure >= 100 else f"{figure:.1f}" if figure >= 10 else f"{figure:.2f}"


def table(title, lines):
    header = next(iter(lines.values()))
    print(f"\n| {title} | {' | '.join(header)} |\n|---|{'--:|' * len(header)}")
    for name, cells in lines.items():
        print(f"| {name} | {' | '.join(cells.values())} |")


def report(title, figures):
    lines = {engine: {name: short(by[engine]) for name, by in figures.items()} for engine in [*PEERS, "muster"]}
    for peer in PEERS:
        lines[f"÷ {peer}"] = {name: f"{by['muster'] / by[peer]:.3f}" for name, by in figures.items()}
    table(title, lines)


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("folder", type=pathlib.Path)
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--questions", default=",".join(QUESTIONS))
    words.add_argument("--program", type=pathlib.Path, help="without it the copy that `cargo bench` left beside FOLDER")
    given = words.parse_args()
    folder = given.folder.resolve()
    manifest = json.loads((folder / "files" / "manifest.json").read_text())
    server = Muster(folder, given.program or folder.parent / "muster")
    peers = [ClickHouse(folder, name) for name in PEERS]
    try:
        questions = askable(server, given.questions.split(","))
        wrong = check(server, peers, manifest, questions)
        cpu, wall = {}, {}
        for name in questions:
            cpu[name], wall[name] = measure(server, peers, manifest, name, given.rounds)
        report(f"CPU ms, {manifest['events']} events", cpu)
        report("wall-clock ms", wall)
    finally:
        server.close()
        for peer in peers:
            peer.close()
    if wrong:
        raise SystemExit(f"{wrong} answers differ")


if __name__ == "__main__":
    main()
