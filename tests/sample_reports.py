"""What verifying might have found: a report with a fault of each kind, and one that attacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symderiv.verification.records import Counterexample, Equation, Link, Report, Verdict

HOSTILE = (
    "<script>alert(\"1\")</script> 'q' 100% \x1b[31m\r\n::error::x\x00\u202e[l](http://x)\x9b &"
)


def equation(
    source: str,
    latex: str,
    verdict: Verdict,
    *links: Link,
    n: int | None = 1,
    reason: str = "",
) -> Equation:
    """Return the record of a row that stands once in a source."""
    start = source.index(latex)
    line = source.count("\n", 0, start) + 1
    return Equation(
        n,
        1,
        line,
        line + latex.count("\n"),
        latex,
        verdict,
        links,
        start,
        start + len(latex),
        reason,
    )


def fault(
    source: str, found: str, should_be: str = "", *, at: Sequence[int] = (), **more: Any
) -> Link:
    """Return the record of a fault, at its places in the source or where it stands first."""
    places = tuple((i, i + len(found)) for i in at or (source.index(found),))
    return Link(more.pop("verdict", "wrong"), "", found, should_be, places=places, **more)


def sample() -> Report:
    """Return a report with a fault of each kind."""
    source = "Then\n$$\n  a = b + w_{21} \\\\\n$$\n$c = d/e$, $y = \\frac{1}{2 z}$ and $q = ?$.\n"
    wrong = fault(
        source,
        "w_{21}",
        "w_{11}",
        mistake="wrong index",
        counterexample=Counterexample({"b": 0.5, "w_{11}": 2.0}, "2.5", "3.5"),
    )
    slip = fault(source, "d/e", verdict="slip", reason="a ∂ is missing")
    unknown = Link("cannot tell", reason="z is not defined")
    equations = (
        equation(source, "a = b + w_{21}", "wrong", Link("right", "checked"), wrong),
        equation(source, "c = d/e", "slip", slip, n=None),
        equation(source, "y = \\frac{1}{2 z}", "cannot tell", unknown, unknown, n=None),
        equation(source, "q = ?", "cannot tell", n=None, reason="unexpected '?'"),
    )
    return Report("notes/a.md", equations, ("w_ij: from i to j",), ("log is natural",), source)


def hostile() -> Report:
    """Return a report in which every text is an attack."""
    source = f"${HOSTILE}$"
    link = Link(
        "wrong",
        found=HOSTILE,
        should_be=HOSTILE,
        mistake=HOSTILE,
        counterexample=Counterexample({HOSTILE: float("inf")}, HOSTILE, HOSTILE),
        layout=HOSTILE,
        reason=HOSTILE,
        places=((1, 1 + len(HOSTILE)),),
    )
    row = Equation(None, 1, 1, 2, HOSTILE, "wrong", (link,), 1, 1 + len(HOSTILE), HOSTILE)
    return Report(f"{HOSTILE}.md", (row,), (HOSTILE,), (HOSTILE,), source)
