"""The model of a document: which equations define something, and what its names are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from symderiv.verification.functions import ELEMENTWISE, WHOLE, DomainError
from symderiv.verification.kinds import Kinds
from symderiv.verification.meanings import Meaning
from symderiv.verification.model import Definition, Family, Model, Unknown
from symderiv.verification.points import Points
from symderiv.verification.raising import raised_in_place
from symderiv.verification.statements import Statement, terms_of, whole
from symderiv.verification.terms import (
    Add,
    Array,
    BigOp,
    Call,
    Cases,
    Chain,
    Derivative,
    Div,
    Label,
    Mul,
    Neg,
    Num,
    Pow,
    Ref,
    Term,
    Transposed,
    loose,
    rewritten,
    values,
    walk,
)
from symderiv.verification.words import FUNCTIONS, PREACTIVATIONS, Vocabulary, is_sample

_TIMES = {"t", "k", "tau"}
_ELEMENTARY = {"exp", "log", "sqrt", "sin", "cos", "tan", "abs", "erf", "max", "min", "norm"}
_REDEFINED = {"sigma", "relu", "lrelu", "elu", "gelu", "silu"}
"""Functions of which documents define kinds of their own."""


@dataclass(slots=True)
class Built:
    """A model, and for each statement what each of its links is."""

    model: Model
    kinds: Kinds
    links: dict[float, list[str]] = field(default_factory=dict)
    assumptions: list[str] = field(default_factory=list)
    adjoints: set[Family] = field(default_factory=set)
    meanings: dict[Ref, list[Meaning]] = field(default_factory=dict)
    differentiated: dict[Family, set[Family]] = field(default_factory=dict)


def built(statements: Sequence[Statement], words: Vocabulary, given: Model | None = None) -> Built:
    """Return the model that the statements define, and which links define something."""
    model = given or Model()
    found = Built(model, Kinds(words))
    found.adjoints = _adjoint_families(statements, words)
    for statement in statements:
        chain = whole(statement)
        if chain is not None and statement.error is None:
            found.links[statement.at] = _links(statement, chain, found)
    return found


def _adjoint_families(statements: Sequence[Statement], words: Vocabulary) -> set[Family]:
    """Return the families of names that stand for a derivative."""
    found: set[Family] = set()
    for term in terms_of(statements):
        for node in walk(term):
            if isinstance(node, Ref) and words.target(node) is not None:
                found.add(node.family)
            elif isinstance(node, Ref):
                kronecker = len(node.sub) == 2 and not node.sup
                if node.letter in {"delta", "Delta"} and not kronecker:
                    found.add(node.family)
    return found


def _links(statement: Statement, chain: Chain, built: Built) -> list[str]:
    """Say of each sign what it is, and take the definitions into the model."""
    kinds: list[str] = []
    for left, sign, right in zip(chain.sides, chain.signs, chain.sides[1:], strict=False):
        worked = sign == "approx" and left is not None and right is not None and _is_data(left)
        if worked and right is not None and _is_data(right):
            kinds.append("claim")
        elif left is None or right is None or sign not in {"=", ":="}:
            kinds.append("text")
        else:
            named = chain.sides[0] if isinstance(left, Label) else left
            kinds.append(_equality(statement, named or left, right, sign, kinds, built))
    return kinds


def _equality(
    statement: Statement, left: Term, right: Term, sign: str, before: list[str], built: Built
) -> str:
    model = built.model
    if isinstance(right, Label):
        return "text"  # a probability: what it is follows
    if isinstance(left, Call) and _function_left(left):
        if _is_usual(left, right):
            return "claim" if before or left.function.letter in _ELEMENTARY else "definition"
        if built.kinds.words.is_value(left.function):
            model.add(Definition(left.function, right, statement.at))
            left, right = _own_arguments(left, right)
        _add_function(statement, left, right, model)
        return "definition"
    if _counts(right, built) or (_counts(left, built) and isinstance(right, Num)):
        return "text"
    labels = _shares(left, right)
    if labels is not None:
        built.kinds.labels.add(labels.family)
        return "text"
    if _is_data(right) and not any(isinstance(n, Derivative) for n in walk(left)):
        return "data" if isinstance(left, Ref) else "claim"
    if _is_update(left, right):
        return "text"
    if _is_condition(left, right):
        return "text"
    if isinstance(left, Ref) and isinstance(right, Ref) and right.primes:
        argument = Ref("x", prefix=f"{left.letter}.")
        called = Call(replace(right, primes=0), (argument,), right.primes)
        _add_function(statement, Call(left, (argument,)), called, model)
        return "definition"
    if isinstance(left, Ref) and not _given_meaning(left, built):
        if left.family in built.adjoints and not isinstance(right, Derivative):
            return "claim"
        total = _sums_its_own(left, right)
        if total is not None:
            built.kinds.totals[left.family] = total
        if _is_named_derivative(left, model) and not isinstance(right, Derivative):
            return "claim"
        if total is not None or not _known(left, model) or sign == ":=":
            model.add(Definition(left, right, statement.at))
            return "definition"
        return "restated"
    if (
        isinstance(left, Derivative)
        and isinstance(right, Ref)
        and right.family in built.adjoints
        and not _known(right, model)
        and not (loose(right) - loose(left)) & built.kinds.words.indices
        and _may_be_error(left, model)
    ):
        model.add(Definition(right, left, statement.at))
        return "definition"
    return "claim"


def _may_be_error(derivative: Derivative, model: Model) -> bool:
    """Whether a derivative may be what delta is: one by what is given is not, if z is defined."""
    families = {by.family for by in derivative.by if isinstance(by, Ref)}
    known = any((letter, "", "") in model.definitions for letter in PREACTIVATIONS)
    return not known or bool(families & model.definitions.keys())


def _counts(term: Term, built: Built) -> bool:
    """Whether a side is a bare index letter: ``i = j`` is a condition, and so is ``y = k``."""
    words = built.kinds.words
    return isinstance(term, Ref) and not term.sub and not term.sup and term.letter in words.indices


def _given_meaning(name: Ref, built: Built) -> bool:
    """Whether a name has its meaning from elsewhere: a Kronecker delta, a constant."""
    return built.kinds.is_kronecker(name, built.model) or name.letter in {"partial", "1"}


def _known(name: Ref, model: Model) -> bool:
    """Whether the model has a definition of this very name."""
    return any(
        _same_pattern(d.left, name) or _same_but_sample(d.left, name)
        for d in model.definitions.get(name.family, ())
    )


def _is_named_derivative(name: Ref, model: Model) -> bool:
    """Whether a name is defined as a derivative: what else it equals is a claim about that."""
    return any(
        isinstance(d.right, Derivative) and _same_pattern(d.left, name)
        for d in model.definitions.get(name.family, ())
    )


def _sums_its_own(name: Ref, right: Term) -> str | None:
    """Return over which letter a name sums the same name with an index, if it is such a total."""
    for total in values(right):
        if isinstance(total, BigOp) and total.indices:
            names = (n for n in values(total.body) if isinstance(n, Ref))
            if any(n.family == name.family and n != name for n in names):
                return total.indices[0].letter
    return None


def _same_but_sample(a: Ref, b: Ref) -> bool:
    """Whether two names differ in one index letter that only one of them has."""
    short, long = sorted((a, b), key=lambda r: len(r.sub) + len(r.sup))
    if len(long.sub) + len(long.sup) != len(short.sub) + len(short.sup) + 1 or short.sub:
        return False
    extra = [i for i in (*long.sub, *long.sup) if i not in (*short.sub, *short.sup)]
    return len(extra) == 1 and is_sample(extra[0]) and short.sup in {long.sup, ()}


def _same_pattern(a: Ref, b: Ref) -> bool:
    """Whether two left sides speak of the same: equal, or letters in the same places."""
    if len(a.sub) != len(b.sub) or len(a.sup) != len(b.sup):
        return False
    for x, y in zip((*a.sub, *a.sup), (*b.sub, *b.sup), strict=True):
        letters = isinstance(x, Ref) and isinstance(y, Ref)
        if not letters and x != y:
            return False
    return True


def _function_left(left: Call) -> bool:
    return (
        not left.primes and bool(left.arguments) and all(isinstance(a, Ref) for a in left.arguments)
    )


def _is_usual(left: Call, right: Term) -> bool:
    """Whether a function on the left has its usual meaning, so that nothing new is said."""
    name = left.function.letter
    if name in WHOLE or name in {"softmax", "logsoftmax"}:
        return True
    if name in ELEMENTWISE and name not in _REDEFINED:
        return True
    (argument, *others) = left.arguments
    if name not in ELEMENTWISE or others or not isinstance(argument, Ref):
        return False
    for positive in (False, True):
        points = Points(Model(), Kinds(Vocabulary()), positive=positive)
        try:
            a, b = points.value(left, {}), points.value(right, {})
        except DomainError:
            continue
        except (Unknown, ArithmeticError, ValueError):
            return False
        return bool(np.allclose(a, b))
    return False


def _own_arguments(left: Call, right: Term) -> tuple[Call, Term]:
    """Return a cost as a function of names of its own: outside, those may mean something else."""
    prefix = f"{left.function.letter}."
    own = {a.family: prefix for a in left.arguments if isinstance(a, Ref)}

    def change(node: Term) -> Term | None:
        if isinstance(node, Ref) and node.family in own and node.family != left.function.family:
            return replace(node, prefix=prefix)
        return None

    renamed = rewritten(left, change)
    assert isinstance(renamed, Call)
    return renamed, rewritten(right, change)


def _add_function(statement: Statement, left: Call, right: Term, model: Model) -> None:
    key = left.function.function_key
    names = tuple(a for a in left.arguments if isinstance(a, Ref))
    made = Definition(left.function, right, statement.at, names)
    model.functions.setdefault(key, []).append(made)


def _is_data(right: Term) -> bool:
    """Whether a right side is nothing but numbers."""
    match right:
        case Num():
            return True
        case Neg(operand) | Transposed(operand):
            return _is_data(operand)
        case Array(rows):
            return all(_is_data(entry) for row in rows for entry in row)
        case Pow(base, exponent):
            return _is_data(base) and _is_data(exponent)
        case Div(above, below):
            return _is_data(above) and _is_data(below)
        case Mul(parts, _) | Add(parts):
            return all(map(_is_data, parts))
    names = [t for t in values(right) if isinstance(t, Ref | Derivative | BigOp | Cases)]
    return all(isinstance(t, Ref) and t.letter == "e" for t in names)


def _shares(left: Term, right: Term) -> Ref | None:
    r"""Return the name of which the entries are said to sum to 1: :math:`\sum_k y_k = 1`."""
    if right != Num("1"):
        return None
    match left:
        case BigOp("sum", _, _, Ref() as name):
            return name
        case Mul((Transposed(Ref("1")), Ref() as name)):
            return name
    return None


def _is_update(left: Term, right: Term) -> bool:
    """Whether a name is given a new value made of its old one: ``w = w - ...``.

    The old one may bear the time before: :math:`w_{t+1} = w_t + v_{t+1}`.
    """
    if not isinstance(left, Ref):
        return False
    terms = right.terms if isinstance(right, Add) else ()
    if any(t == left for t in terms):
        return True
    own = [t for t in values(right) if isinstance(t, Ref) and t.family == left.family]
    timed = any(loose(name) & _TIMES for name in own)
    gradient = any(isinstance(t, Derivative) for t in values(right))
    return timed and (gradient or any(name in terms for name in own))


def _is_condition(left: Term, right: Term) -> bool:
    """Whether something is set to zero, or begins at zero."""
    if not isinstance(right, Num) or float(right.text) != 0:
        return False
    return isinstance(left, Ref) or any(isinstance(n, Derivative) for n in walk(left))


def names_of(statements: Sequence[Statement]) -> Iterator[tuple[Ref, str]]:
    """Yield the names of a document once each, with the characters in which they are written."""
    seen: set[Ref] = set()
    for statement in statements:
        for term in terms_of([statement]):
            nodes = list(values(term))
            raised = raised_in_place(nodes, statement.text)
            for node in nodes:
                if isinstance(node, Ref) and node not in seen and node.letter not in FUNCTIONS:
                    seen.add(node)
                    if node.letter not in {"partial", "1"}:
                        done = raised.get(id(node))
                        yield node, done.bare if done is not None else statement.text(node)
