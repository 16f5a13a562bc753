"""How long a derivation takes: by depth, and against other engines on networks in components.

Run with ``make bench``. Each engine runs in a process of its own, so that none warms another up,
and is asked for the gradient of one sample's loss by every weight and bias of a sigmoid network.
Its numbers are first compared with symderiv's at one point; an engine that is wrong is reported as
wrong and not timed. A time limit ends what does not. Only ratios within one run mean anything.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import casadi as ca
import symengine as se
import sympy as sp

from symderiv import Dense, Network, derive
from symderiv.evaluation import given, scalar_gradients
from symderiv.explanation import Explanations
from symderiv.latex.printer import latex
from symderiv.notation import PARAMETERS
from symderiv.views import index_equation

LIMIT = 30
DEPTHS = (2, 10, 100, 1000)
LAYERS, WIDTHS = range(1, 9), (2, 4, 8, 16)
Found = tuple[float, int, list[float]]
"""Seconds, operations of all gradients, and their values at the point."""


def network(sizes: Sequence[int | str]) -> Network:
    """Return a sigmoid network with binary cross-entropy."""
    layers = [Dense(units, "sigmoid") for units in sizes[1:]]
    return Network(sizes[0], layers, "binary_cross_entropy")


# --- the engines ----------------------------------------------------------------------------------


def by_symderiv(net: Network) -> Found:
    """Every step, simplified, layer by layer."""
    start = time.perf_counter()
    known = Explanations(net)
    results = [known["L", d.key] for d in net.components.of_role(*PARAMETERS)]
    seconds = time.perf_counter() - start
    names = [symbol.name for symbol in given(net.components)]
    point = dict(zip(names, _point(net), strict=True))
    found = scalar_gradients(replace(derive(net), components=known))(point)
    values = [float(str(found[d.key])) for d in net.components.of_role(*PARAMETERS)]
    return seconds, sum(int(sp.count_ops(r.value)) for r in results), values


def by_sympy(net: Network, *, simplify: bool = False) -> Found:
    """``sympy.diff`` of the expanded loss, and ``sympy.simplify`` of what comes out."""
    loss, symbols = _expanded(net)
    start = time.perf_counter()
    found = [sp.diff(loss, symbol) for symbol in symbols]
    if simplify:
        found = [sp.simplify(gradient) for gradient in found]
    seconds = time.perf_counter() - start
    return seconds, sum(int(sp.count_ops(g)) for g in found), _at_point(net, found)


def by_symengine(net: Network) -> Found:
    """The same expanded loss in SymEngine."""
    loss, symbols = _expanded(net)
    converted = se.sympify(loss)
    start = time.perf_counter()
    found = [se.diff(converted, se.sympify(symbol)) for symbol in symbols]
    seconds = time.perf_counter() - start
    return seconds, 0, _at_point(net, [sp.sympify(gradient) for gradient in found])


def by_casadi(net: Network) -> Found:
    """CasADi's graph of scalars, which keeps shared values and does not simplify."""
    graph = net.components
    names = {d.atom: ca.SX.sym(d.key) for d in graph.definitions if d.rhs is None}
    parameters = [names[d.atom] for d in graph.of_role(*PARAMETERS)]
    inputs = list(names.values())
    printer = {"exp": ca.exp, "log": ca.log}
    start = time.perf_counter()
    for definition in graph.definitions:
        if definition.rhs is not None:
            used = sorted(definition.rhs.free_symbols, key=str)
            value = sp.lambdify(used, definition.rhs, [printer])(*(names[u] for u in used))
            names[definition.atom] = value
    loss = names[graph["L"].atom]
    gradient = ca.gradient(loss, ca.vertcat(*parameters))
    seconds = time.perf_counter() - start
    function = ca.Function("gradient", [ca.vertcat(*inputs)], [gradient])
    values = function(_point(net)).full().ravel().tolist()
    return seconds, int(function.n_nodes()), values


ENGINES: dict[str, Callable[[Network], Found]] = {
    "symderiv": by_symderiv,
    "sympy.diff": by_sympy,
    "sympy.diff + simplify": lambda net: by_sympy(net, simplify=True),
    "symengine": by_symengine,
    "casadi": by_casadi,
}


def _expanded(net: Network) -> tuple[sp.Expr, list[sp.Symbol]]:
    full: dict[sp.Expr, sp.Expr] = {}
    for definition in net.components.definitions:
        if definition.rhs is not None:
            full[definition.atom] = definition.rhs.xreplace(full)
    return full[net.components["L"].atom], [d.atom for d in net.components.of_role(*PARAMETERS)]


def _point(net: Network) -> list[float]:
    return [0.1 + 0.37 * ((7 * place) % 5) / 5 for place in range(len(given(net.components)))]


def _at_point(net: Network, values: list[sp.Expr]) -> list[float]:
    graph = net.components
    hidden = [(d.atom, d.rhs) for d in graph.definitions if d.rhs is not None]
    order = [d.atom for d in graph.definitions if d.rhs is None]
    function = sp.lambdify(order, values, "math", cse=lambda exprs: (hidden, exprs))
    return [float(value) for value in function(*_point(net))]


# --- the tables -----------------------------------------------------------------------------------


def depth_table() -> None:
    """Print time, memory and length by the number of layers, all sizes symbolic."""
    print(f"{'layers':>7} {'seconds':>9} {'per layer':>10} {'peak MB':>8} {'longest gradient':>17}")
    for depth in DEPTHS:
        done = subprocess.run(
            [sys.executable, __file__, "--depth", str(depth)], capture_output=True, check=True
        )
        seconds, peak, longest = json.loads(done.stdout)
        print(
            f"{depth:>7} {seconds:>9.3f} {1000 * seconds / depth:>7.2f} ms"
            f" {peak:>8.1f} {longest:>17}"
        )


def by_depth(depth: int) -> tuple[float, float, int]:
    """Return seconds, the peak memory of this process in MB, and the longest gradient."""
    net = network(("d",) * depth + (1,))
    start = time.perf_counter()
    derivation = derive(net)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    longest = max(len(latex(index_equation(d, net.graph))) for d in derivation.adjoints)
    return seconds, peak, longest


def ratio_table() -> None:
    """Print each engine's time as a multiple of symderiv's, on networks in components.

    An engine that ran over the limit is not asked for what is deeper and as wide, or wider.
    """
    names = list(ENGINES)[1:]
    print(f"\n{'layers x width':<15} {'symderiv':>10}" + "".join(f" {n:>22}" for n in names))
    over: dict[str, list[tuple[int, int]]] = {name: [] for name in ENGINES}
    for layers in LAYERS:
        for width in WIDTHS:
            row = [_cell_or_over(name, (layers, width), over) for name in ENGINES]
            ours = row[0]
            head = f"{1000 * ours[0]:>7.0f} ms" if isinstance(ours, tuple) else f"{ours:>10}"
            cells = [_cell(found, ours) for found in row[1:]]
            print(f"{f'{layers} x {width}':<15} {head}" + "".join(f" {c:>22}" for c in cells))


def _cell_or_over(
    engine: str, size: tuple[int, int], over: dict[str, list[tuple[int, int]]]
) -> Found | str:
    layers, width = size
    if any(layers >= deep and width >= wide for deep, wide in over[engine]):
        return f"over {LIMIT} s"
    found = _asked(engine, (width,) * layers + (1,))
    if isinstance(found, str) and found.startswith("over"):
        over[engine].append(size)
    return found


def _cell(found: Found | str, ours: Found | str) -> str:
    if isinstance(found, str):
        return found
    if isinstance(ours, str):
        return f"{1000 * found[0]:.0f} ms"
    if any(abs(a - b) > 1e-9 * (1 + abs(b)) for a, b in zip(found[2], ours[2], strict=True)):
        return "WRONG"
    operations = f", {found[1] / max(ours[1], 1):.0f}x ops" if found[1] else ""
    return f"{found[0] / ours[0]:.2f}x{operations}"


def _asked(engine: str, sizes: Sequence[int]) -> Found | str:
    """Run one engine in a process of its own."""
    command = [sys.executable, __file__, "--engine", engine, "--sizes", *map(str, sizes)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return f"over {LIMIT} s"
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "failed"
        return "not installed" if "ModuleNotFound" in last else last[:22]
    seconds, operations, values = json.loads(done.stdout)
    return seconds, operations, values


def main() -> None:
    """Run one engine if asked to, else print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=ENGINES)
    parser.add_argument("--sizes", type=int, nargs="+", default=[2, 2, 1])
    parser.add_argument("--depth", type=int)
    options = parser.parse_args()
    if options.depth:
        print(json.dumps(by_depth(options.depth)))
        return
    if options.engine:
        print(json.dumps(ENGINES[options.engine](network(options.sizes))))
        return
    depth_table()
    ratio_table()


if __name__ == "__main__":
    main()
