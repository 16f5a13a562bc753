"""How many of the mistakes that people make verify catches: every edit of the table, by view.

Every right equation of the lecture's network and of a zoo, with components, with indices and as
matrices, is written with each mistake of the table in turn. What an edit changes is told by an
independent evaluation (``tests/term_oracle.py``); *caught* is the share of those that change the
value and are called wrong. An edit that only transposes a whole side is another layout, one that
leaves 0 is a condition, and one that names what the network has not changes no value: these are
left out. *False* are untouched equations, and edits that change nothing, that are called wrong.

    python bench/mutations.py            up to 3 mutants of each class for each equation
    python bench/mutations.py 1          up to 1
    python bench/mutations.py 0          all, which takes hours
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from mutants import SUBJECTS, Subject, View  # noqa: E402  # they live with the tests

import symderiv as sd  # noqa: E402

BUDGET = 600.0
Tally = Counter[tuple[str, str]]


def judged(subject: Subject, most: int | None) -> Iterator[tuple[str, str]]:
    """Yield the class of each mutant, and how it fares; ``untouched`` for what is right."""
    report = sd.verify(subject.document(), budget=BUDGET)
    right = [equation.verdict for equation in report.equations]
    for place, _ in subject.claims():
        yield "untouched", "false" if right[place] == "wrong" else right[place]
    for mutant in subject.mutants(most):
        if right[mutant.row] != "right" or mutant.effect not in {"changed", "same"}:
            continue
        found = sd.verify(subject.document(mutant.row, mutant.latex), budget=BUDGET)
        verdict = found.equations[mutant.row].verdict
        if mutant.effect == "changed":
            yield mutant.mistake, "caught" if verdict == "wrong" else verdict
        else:
            yield mutant.mistake, "false" if verdict == "wrong" else "same"


def said(tally: Tally) -> str:
    """Return how many mutants were caught, in a few words."""
    made = Counter[str]()
    for (mistake, outcome), count in tally.items():
        made[outcome] += count * (mistake != "untouched")
    changed = made.total() - made["same"] - made["false"]
    return f"{made['caught']} of {changed} caught, {made['false']} false"


def show(name: str, tally: Tally) -> None:
    """Print the rate of each class, and of all together."""
    classes = sorted({mistake for mistake, _ in tally} - {"untouched"})
    for mistake in (*classes, "all"):
        counts: Counter[str] = Counter()
        for (kind, outcome), count in tally.items():
            if kind == mistake or (mistake == "all" and kind != "untouched"):
                counts[outcome] += count
        total = counts.total() - counts["same"] - counts["false"]
        rate = f"{100 * counts['caught'] / total:6.2f} %" if total else "       -"
        rest = {k: n for k, n in sorted(counts.items()) if k not in {"caught", "same", "false"}}
        print(f"{name:<10} {mistake:<28} {total:>6} {rate} {counts['false']:>5}  {rest or ''}")
    untouched = {o: n for (kind, o), n in sorted(tally.items()) if kind == "untouched"}
    print(f"{name:<10} untouched: {untouched}\n")


def main() -> None:
    """Judge all mutants, and print one table for each view."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    views: dict[View, Tally] = {"component": Counter(), "index": Counter(), "matrix": Counter()}
    start = time.monotonic()
    for name, kinds in SUBJECTS.items():
        for kind in kinds:
            subject = Subject(name, kind)
            tally = Counter(judged(subject, most or None))
            views[kind] += tally
            print(f"{name}, {kind}: {said(tally)}, {time.monotonic() - start:.0f} s so far")
    print()
    print(f"{'view':<10} {'mistake':<28} {'number':>6} {'caught':>8} {'false':>5}")
    for kind, tally in views.items():
        show(kind, tally)


if __name__ == "__main__":
    main()
