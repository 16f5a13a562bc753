"""Break the program on purpose, one place at a time, and demand that its tests turn red.

A test that cannot fail proves nothing. Each row below names a file, a text in it that is there
once, the slip that replaces it, and the tests that have to see it: those of the room alone, which
are fast. The slips are made in a copy; the checkout is not touched.

    python tools/mutation.py              all slips
    python tools/mutation.py --part ci    a fixed part, for every push
    python tools/mutation.py fold pole    the slips whose name or text has one of these words

Exit codes: 0 every slip was seen, 1 one was not, 2 the table is out of date or the tests are red
without any slip.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

ROOT = Path(__file__).parents[1]
COPIED = ("symderiv", "templates", "examples", "output", "tests", "pyproject.toml")
WORKERS, LONGEST = 2, 300


DERIVE, SIMPLE, STEPS = "test_differentiation", "test_simplification", "test_explanation"
PROOF, MATRIX, STABLE, CODE = "test_proof", "test_matrices", "test_stability", "test_train_code"
GRAPH, CHECK, BACK = "test_graph", "test_crosscheck", "test_readback"
FORMS, WRITE = "test_forms", "test_writing"

# (file, old text, new text, test files, whether CI takes it); a room's slips stand together.
ROWS: tuple[tuple[str, str, str, str, bool], ...] = (
    # the graph
    ("graph", 'raise GraphError(f"{definition.key} is defined twice")', "pass", GRAPH, False),
    ("graph", "_check(definition, known)\n", "pass\n", GRAPH, False),
    ("graph", "if len(used.indices) != len(places):", "if False:", GRAPH, False),
    ("graph", "symbol.is_integer and not symbol.is_positive", "False", GRAPH, False),
    ("components", "span = range(int(low.subs(self.sizes)), int(high.subs(self.sizes)) + 1)",
     "span = range(int(low.subs(self.sizes)), int(high.subs(self.sizes)))", GRAPH, False),
    # the derivative of a sum, a product, a function, an entry
    ("differentiation", "yield Term((*bound, *term.bound), term.body)",
     "yield Term(term.bound, term.body)", DERIVE, True),
    ("differentiation", "sp.Mul(*expr.args[:place], *expr.args[place + 1 :])",
     "sp.Mul(*expr.args[:place])", DERIVE, True),
    ("differentiation", "for part in expr.args:", "for part in expr.args[:1]:", DERIVE, False),
    ("differentiation", "yield Term(term.bound, slope * term.body)",
     "yield Term(term.bound, term.body)", DERIVE, True),
    ("differentiation", ".xreplace({variable: argument})", ".xreplace({variable: sp.S.One})",
     DERIVE, False),
    ("differentiation", "slope.xreplace({variable: entry}) * sp.Mul(*deltas)",
     "slope.xreplace({variable: entry})", DERIVE, False),
    ("differentiation", "deltas = [Same(a - b)", "deltas = [Same(a + b)", DERIVE, False),
    ("differentiation", "if key not in keys_in(argument):", "if place:", DERIVE, False),
    ("indices", "swap = {o.symbol: n.symbol for o, n in zip(old, new, strict=True)}",
     "swap, new = {}, old", DERIVE, False),
    ("indices", "if slope not in (1, -1) or", "if", DERIVE, False),
    ("indices", "return sp.expand(-slope * rest)", "return sp.expand(slope * rest)", DERIVE, True),
    ("indices", "unproved = [] if proved(", "unproved = [] if True or proved(", DERIVE, False),
    ("brackets", "sp.Integer(difference == 0)", "sp.Integer(1)", DERIVE, False),
    # the backward pass
    ("differentiation", "p.bar * p.slope)", "p.slope)", DERIVE, True),
    ("differentiation", "for user in graph.consumers[key] if user.key in found",
     "for user in graph.consumers[key][:1] if user.key in found", DERIVE, False),
    ("differentiation", "_Product((*own, *bar.bound, *term.bound)", "_Product((*own, *term.bound)",
     DERIVE, False),
    ("differentiation", "known = [term for term, _ in pairs]",
     "known = flat", f"{DERIVE} {SIMPLE}", False),
    # rewrites
    ("simplification", "for part in factor.args:", "for part in factor.args[:1]:", SIMPLE, True),
    ("simplification", "rest = term / factor", "rest = term", SIMPLE, False),
    ("simplification",
     "return Applied(after) if cost(after) < cost(expr) and sure(expr, after, graph) else None",
     "return None", SIMPLE, False),
    ("simplification", "after = tidy((rest + coefficient * right)", "after = tidy((rest)",
     SIMPLE, False),
    ("simplification", "done.used.because if isinstance(done.used, Fact) else rewrite.because",
     "rewrite.because", SIMPLE, False),
    ("simplification", "value = -offset / slope", "value = offset / slope", SIMPLE, True),
    ("simplification", "if _poles(candidate) <= poles:", "if True:", SIMPLE, True),
    ("simplification", "best = candidate\n                used.append(place)",
     "used.append(place)", SIMPLE, False),
    ("simplification", "best = candidate\n                used.append(definition)",
     "used.append(definition)", SIMPLE, False),
    ("simplification", "bool(binding.setdefault(left, right) == right)",
     "bool(binding.setdefault(left, right))", SIMPLE, False),
    ("forms", "factors.append((-base) ** power)", "factors.append(base ** power)",
     FORMS, False),
    ("forms", "flips *= -1 if int(power) % 2 else 1", "flips *= -1", FORMS, False),
    ("forms", "whole = power if power.is_Integer else sp.Integer(1)",
     "whole = sp.Integer(1)", FORMS, False),
    ("forms", "product.as_coeff_Mul()[0] > 0", "True", FORMS, False),
    ("forms", "key=cost)", "key=str)", FORMS, False),
    ("forms", "* functions", "* 0", FORMS, False),
    # the explanation, and the order in which it is written
    ("explanation", "sp.Add(*(Chain(outer.target, inner.target) for _, outer, inner in paths))",
     "Chain(paths[0][1].target, paths[0][2].target)", STEPS, True),
    ("explanation", 'inner.target if rule == "outer" else inner.value', "inner.value",
     STEPS, False),
    ("explanation", "raw += self._total(definition, user.key) * self._slope(user, by)", "pass",
     STEPS, False),
    ("explanation", "if by == of or by not in self.graph.upstream(of):", "if False:", STEPS, False),
    ("explanation", "value, more = simplified(target, product, self.graph)",
     "value, more = product, ()", STEPS, False),
    ("writing", "terms = sorted(total.args, key=self.term_order)", "terms = total.args",
     STEPS, True),
    ("writing", "ordered = sorted(sp.Mul.make_args(product), key=self.factor_order)",
     "ordered = sp.Mul.make_args(product)", STEPS, False),
    ("writing", "bracket = isinstance(factor, Chain | sp.Sum) or factor.is_Add", "bracket = False",
     WRITE, False),
    ("writing", "node = ex.Fraction(node, self.factors(denominator))", "pass", STEPS, False),
    ("writing", 'whole = ex.Product(tuple(nodes), "cdot")', "whole = ex.Product(tuple(nodes))",
     STEPS, False),
    ("writing", "return ex.Negative(whole) if minus else whole", "return whole", STEPS, False),
    # the proof
    ("proof", "if not normal.same(expand(value), sp.diff(expanded_loss, definition.atom)):",
     "if False:", PROOF, True),
    ("proof", "if worst > TOLERANCE:", "if False:", PROOF, True),
    ("proof", "return bool(sp.expand(numerator.xreplace(flat)) == 0)", "return True", PROOF, False),
    ("proof", "flat = {h**power: h for", "flat = {h**power: h**power for", PROOF, False),
    ("proof", "return self._atom(sp.exp(base)) ** times", "return self._atom(sp.exp(base))",
     PROOF, False),
    ("proof", "last = max(fact.left.free_symbols, key=str)",
     "last = max(fact.left.free_symbols, key=str); continue", PROOF, False),
    # the matrix view
    ("matrices", "if left.axes[-1] != index:", "if False:", MATRIX, True),
    ("matrices", "if right.axes[0] != index:", "if False:", MATRIX, False),
    ("matrices", "left, right = sorted((a, b), key=place)", "left, right = a, b", MATRIX, False),
    ("matrices", "rest.append(Total(holders[0], holders[0].axes.index(index)))",
     "rest.append(Total(holders[0], 0))", MATRIX, False),
    ("matrices", "if len(array.axes) == 2 and array.axes != axes:", "if False:", MATRIX, False),
    ("matrices", "other = len(tree.axes) == 2 and tree.axes == axes[::-1]", "other = False",
     MATRIX, False),
    ("matrices", "if len(free) > 2:", "if False:", MATRIX, False),
    ("matrices", "if not all(isinstance(i, Symbol) for e in found for i in e.indices):",
     "if False:", MATRIX, False),
    ("matrices", "if any(len(set(entry.indices)) < len(entry.indices) for entry in found):",
     "if False:", MATRIX, False),
    # stable forms
    ("stability", "done += power * Softplus(-u if flip else u)", "done += power * Softplus(u)",
     STABLE, True),
    ("stability", "return sp.exp(exponential.args[0] - shift.atom)", "return exponential",
     STABLE, False),
    ("stability", "done += power * (shifts[key].atom + sp.log(meaning.get(base, base)))",
     "done += power * sp.log(meaning.get(base, base))", STABLE, False),
    ("stability", "sp.exp(sp.Min(u, 0)) / (1", "sp.exp(u) / (1", STABLE, False),
    # the emitted code
    ("emitters/python", '"tanh": "np.tanh({})"', '"tanh": "np.sinh({})"', CODE, False),
    ("emitters/python", '"softplus": "np.logaddexp(0, {})"', '"softplus": "np.log1p({})"',
     CODE, False),
    ("emitters/python", '"min": "np.minimum({})"', '"min": "np.maximum({})"', CODE, False),
    ("emitters/python", '"abs": "np.abs({})"', '"abs": "np.sign({})"', CODE, False),
    ("emitters/python", '"matmul": " @ "', '"matmul": " * "', CODE, True),
    ("emitters/python", 'return f"{_text(operand)}.T"', 'return f"{_text(operand)}"', CODE, False),
    ("emitters/python", 'return f"-{_text(operand)}"', 'return f"{_text(operand)}"', CODE, False),
    ("emitters/python", 'f" - {_text(term.operand)}"', 'f" + {_text(term.operand)}"', CODE, False),
    ("emitters/python", 'return f"({_text(node)})" if loose else _text(node)',
     "return _text(node)", CODE, False),
    ("emitters/python", 'return f"np.where(', 'return f"np.add(', CODE, False),
    ("emitters/numpy", 'along = f"axis={axis}"', 'along = f"axis={1 - axis}"', CODE, True),
    ("emitters/numpy", "'max' if greatest else 'sum'", "'sum' if tree else ''", STABLE, False),
    ("emitters/numpy", 'f"{python(node)}[:, None]"', 'f"{python(node)}"', CODE, False),
    # the cross-check
    ("crosscheck", "return self.difference < TOLERANCE", "return True", CHECK, True),
    ("crosscheck", "value - rate *", "value + rate *", CHECK, True),
    ("crosscheck", "and not row.reads & failed", "", CHECK, False),
    ("crosscheck", "if not np.all(np.isfinite(found)) or not", "if not", CHECK, False),
    ("crosscheck", 'if key.removeprefix("d") not in params', "", CHECK, False),
    # the slides read back
    ("readback/equations", "not self.reason and self.difference < TOLERANCE", "True", BACK, True),
    ("readback/equations", "if not difference <= equation.difference:",
     "if difference <= equation.difference:", BACK, False),
    ("readback/pinned", "if self.moved or key in self.cut:", "if key in self.cut:", BACK, False),
    ("readback/running", 'names_of(network, arrays, slopes="d")', "names_of(network, arrays)",
     BACK, False),
    ("renderers/breaking", "Brackets(factors[0]) if isinstance(factors[0], Sum) else factors[0]",
     "factors[0]", BACK, False),

    # a pile of submissions
    ("isolation/__init__", '"-P", ', "", "test_grade", False),
    ("isolation/__init__", "        return _own_child().call(task, limit)\n\n\n@contextmanager",
     "        raise\n\n\n@contextmanager", "test_grade", False),
    ("isolation/__init__", "child.stop()", "pass", "test_isolation", True),
    ("grading/submissions", "if entry.is_symlink():", "if False:", "test_grade", False),
    ("grading/grading", "yield task(each)", "yield Grade(each.path)", "test_grade", False),
    ("grading/reports", 'return f"\'{cell}" if first in', "return cell if first in",
     "test_grade_reports", True),
    ("grading/mistakes", "set(_made(grade.report))", "list(_made(grade.report))",
     "test_grade_reports", True),
)  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One slip: in ``file``, ``old`` becomes ``new``; ``tests`` have to turn red."""

    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    ci: bool

    def __str__(self) -> str:
        old, new = (" ".join(text.split()) for text in (self.old, self.new))
        return f"{self.file}: {old}  ->  {new or '(nothing)'}"


MUTANTS = [
    Mutant(f"symderiv/{file}.py", old, new, tuple(f"tests/{t}.py" for t in tests.split()), ci)
    for file, old, new, tests, ci in ROWS
]


def main() -> int:
    """Make the slips that were asked for; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("words", nargs="*", help="only the slips that contain one of these")
    parser.add_argument("--part", choices=("ci", "all"), default="all")
    asked = parser.parse_args()
    stale = [problem for mutant in MUTANTS for problem in out_of_date(mutant)]
    if stale:
        print("tools/mutation.py is out of date:", *stale, sep="\n  ")
        return 2
    chosen = [m for m in MUTANTS if m.ci or asked.part == "all"]
    if asked.words:
        chosen = [m for m in chosen if any(word in str(m) for word in asked.words)]
    if not chosen:
        print("no slip has one of these words")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(WORKERS):
            copies.put(copied(Path(folder) / str(number)))
        return run_all(chosen, copies)


def out_of_date(mutant: Mutant) -> list[str]:
    """Return what is wrong with a row: its text is gone or there twice, or the slip is no code."""
    source = (ROOT / mutant.file).read_text("utf-8")
    found = source.count(mutant.old)
    if found != 1:
        return [f"{mutant}: the text is there {found} times"]
    if mutant.old == mutant.new:
        return [f"{mutant}: nothing changes"]
    try:
        compile(source.replace(mutant.old, mutant.new), mutant.file, "exec")
    except SyntaxError as error:
        return [f"{mutant}: {error}"]
    return [f"{mutant}: no {t}" for t in mutant.tests or ["tests"] if not (ROOT / t).is_file()]


def copied(folder: Path) -> Path:
    """Copy what the tests need; make sure that they will import the copy."""
    folder.mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy(ROOT / name, folder / name)
    command = [sys.executable, "-c", "import symderiv; print(symderiv.__file__)"]
    where = subprocess.run(command, **surroundings(folder), check=True).stdout.strip()  # noqa: S603
    if Path(where).resolve().parents[1] != folder.resolve():
        raise SystemExit(f"the copy in {folder} is not what is imported, but {where}")
    return folder


def surroundings(folder: Path) -> dict[str, Any]:
    """Return where and how a command runs: in the copy, chance repeatable as in CI."""
    env = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "CI": "1"}
    return {"cwd": folder, "env": env, "capture_output": True, "text": True}


def run_all(chosen: list[Mutant], copies: SimpleQueue[Path]) -> int:
    """Run the tests without a slip, then once for each; return the exit code."""
    start = time.monotonic()

    def green(test: str) -> str:
        folder = copies.get()
        try:
            return tested(folder, [test])
        finally:
            copies.put(folder)

    def attempt(mutant: Mutant) -> bool:
        folder = copies.get()
        try:
            seen = not survives(mutant, folder)
        finally:
            copies.put(folder)
        print(f"{'seen    ' if seen else 'NOT SEEN'}  {mutant}", flush=True)
        return seen

    with ThreadPoolExecutor(WORKERS) as pool:
        wanted = sorted({test for mutant in chosen for test in mutant.tests})
        print(f"without a slip: {len(wanted)} test files ...", flush=True)
        red = [output for output in pool.map(green, wanted) if output]
        if red:
            print("red without any slip:", *red, sep="\n")
            return 2
        results = list(pool.map(attempt, chosen))
    missed = [m for m, seen in zip(chosen, results, strict=True) if not seen]
    print(f"{len(chosen) - len(missed)} of {len(chosen)} slips seen", end=" ")
    print(f"in {time.monotonic() - start:.0f} s")
    for mutant in missed:
        print(f"NOT SEEN by {', '.join(mutant.tests)}: {mutant}")
    return 1 if missed else 0


def survives(mutant: Mutant, folder: Path) -> bool:
    """Make the slip in a copy and run its tests there; whether they stay green."""
    path = folder / mutant.file
    before = path.read_text("utf-8")
    path.write_text(before.replace(mutant.old, mutant.new), "utf-8")
    try:
        return not tested(folder, mutant.tests)
    finally:
        path.write_text(before, "utf-8")


def tested(folder: Path, tests: Iterable[str]) -> str:
    """Run tests in a copy; return what was red, or nothing."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(command, **surroundings(folder), timeout=LONGEST, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return "it does not come to an end"
    if done.returncode not in {0, 1, 2}:  # red, or red while the tests are read; else no result
        raise SystemExit(f"pytest ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout[-2000:] if done.returncode else ""


if __name__ == "__main__":
    sys.exit(main())
