r"""Second derivatives: the same local derivatives once more, forward over the backward pass.

Along a direction each name ``v`` has a tangent,

.. math:: \dot v = \sum_p \frac{\partial v}{\partial p}\,\dot p .

Taken through the forward equations and then through the equations that reverse mode found, the
tangents of the gradients are the product of the Hessian with the direction; with a unit vector as
the direction they are the Hessian itself. The Gauss-Newton product sends the tangent of the error
at the output back through the layers and leaves out how the layers themselves curve.

Sources: Pearlmutter, "Fast Exact Multiplication by the Hessian", 1994; Schraudolph, "Fast Curvature
Matrix-Vector Products for Second-Order Gradient Descent", 2002.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import sympy as sp
from sympy import IndexedBase, Symbol

from symderiv.brackets import Same
from symderiv.derivation import Term
from symderiv.differentiation import in_known_names, local, reduced, renewed, reverse
from symderiv.errors import DerivationError, UnknownNameError, did_you_mean
from symderiv.graph import Definition, Graph, Index, keys_in
from symderiv.indices import Fresh, names
from symderiv.network import Network
from symderiv.notation import PARAMETERS, Role, code

_FREE_LETTERS = "pqrsuvw"
Tangents = dict[str, tuple[Term, ...]]


@dataclass(frozen=True, slots=True)
class Curvature:
    """The product of a curvature matrix with a direction.

    ``graph`` holds all index equations in the order of computation: the forward pass, the backward
    pass, the direction (as given arrays) and the tangents. ``products`` are the entries of the
    result, by parameter.
    """

    graph: Graph
    products: Mapping[str, Definition]


def hessian_vector_product(network: Network) -> Curvature:
    r"""Return the product of the cost's Hessian with a direction ``\dot W, \dot b, ...``."""
    whole = with_gradients(network)
    parameters = network.graph.of_role(*PARAMETERS)
    directions = {d.key: _dotted(d, Role.DATA) for d in parameters}
    tangents: Tangents = {key: (Term((), d.atom),) for key, d in directions.items()}
    added: list[Definition] = list(directions.values())
    fresh = Fresh()
    for definition in whole.definitions:
        found = _tangent(definition, tangents, (), whole, fresh)
        if found is not None:
            named = _dotted(definition, definition.quantity.role, found.closed)
            added.append(named)
            tangents[definition.key] = (Term((), named.atom),)
    by_key = {d.key: d for d in added}
    products = {d.key: by_key[_dotted_key(whole[f"d{d.key}"])] for d in parameters}
    return Curvature(Graph((*whole.definitions, *added), whole.facts), products)


def hessian(network: Network, first: str, second: str) -> Definition:
    """Return the entries of the Hessian: the cost differentiated by two arrays of parameters.

    ``first`` and ``second`` are code names. The result has the indices of both, those of the second
    as ``p, q``; names of the forward pass are kept, everything else is written out.

    Raises ``UnknownNameError`` for a name that is no parameter.
    """
    whole = with_gradients(network)
    known = {d.key: d for d in network.graph.of_role(*PARAMETERS)}
    for key in (first, second):
        if key not in known:
            raise UnknownNameError(f"no parameter named '{key}'{did_you_mean(key, known)}")
    if f"d{first}" not in whole.by_key:
        raise UnknownNameError(f"the cost does not depend on '{first}'")
    definition = whole[f"d{first}"]
    at, value = _by_entry(whole, definition, known[second])
    return replace(definition, indices=(*definition.indices, *at), rhs=value)


@dataclass(frozen=True, slots=True)
class Jacobian:
    """The derivative of ``of``, at its own indices, by ``by`` at the indices ``at``: ``value``.

    The leading indices that both share are one: each sample depends on itself alone.
    """

    of: Definition
    by: Definition
    at: tuple[Index, ...]
    value: sp.Expr

    @property
    def axes(self) -> tuple[Index, ...]:
        """The indices of both, those that are shared once."""
        return (*self.of.indices, *(i for i in self.at if i not in self.of.indices))

    def between(self, axes: tuple[Index, ...]) -> bool:
        """Whether two axes are one of each array."""
        return axes[0] in self.of.indices and axes[1] not in self.of.indices


def jacobian(graph: Graph, of: str, by: str) -> Jacobian:
    """Return the Jacobian of one array of a forward pass by another, both by code name.

    Raises ``UnknownNameError`` for an unknown name, ``DerivationError`` if ``of`` does not depend
    on ``by``.
    """
    target, source = graph[of], graph[by]
    if by == of or by not in graph.upstream(of):
        raise DerivationError(f"{of} does not depend on {by}")
    return _of_one_sample(Jacobian(target, source, *_by_entry(graph, target, source)))


def _by_entry(graph: Graph, of: Definition, by: Definition) -> tuple[tuple[Index, ...], sp.Expr]:
    """Return indices for one entry of ``by``, and the derivative of ``of`` by that entry.

    Their letters are such as no equation of the graph uses: one in use would be captured.
    """
    used = _letters_of(graph)
    letters = (letter for letter in names(_FREE_LETTERS) if letter not in used)
    at = tuple(Index(Symbol(next(letters), integer=True), index.high) for index in by.indices)
    deltas = (Same(i.symbol - u.symbol) for i, u in zip(by.indices, at, strict=True))
    tangents: Tangents = {by.key: (Term((), sp.Mul(*deltas)),)}
    fresh = Fresh()
    for definition in graph.definitions:
        found = _tangent(definition, tangents, at, graph, fresh)
        if found is not None:
            tangents[definition.key] = found.terms
        if definition.key == of.key:
            return at, found.closed if found is not None else sp.S.Zero
    raise UnknownNameError(f"no equation of {of.key}")


def _letters_of(graph: Graph) -> set[str]:
    """Return the names of all indices and sizes, bound ones too."""
    parts = [e for d in graph.definitions for i in d.indices for e in (i.symbol, i.high)]
    parts += [d.rhs for d in graph.definitions if d.rhs is not None]
    return {symbol.name for part in parts for symbol in part.atoms(Symbol)}


def _of_one_sample(jacobian: Jacobian) -> Jacobian:
    """Drop the leading deltas that say that both arrays have the same index there."""
    at, value = list(jacobian.at), jacobian.value
    for place, (own, other) in enumerate(zip(jacobian.of.indices, at, strict=False)):
        last = place + 1 >= min(len(at), len(jacobian.of.indices))
        delta = Same(own.symbol - other.symbol)
        terms = sp.Add.make_args(value)
        if last or not all(delta in sp.Mul.make_args(term) for term in terms):
            break
        value = value.xreplace({delta: sp.S.One}).xreplace({other.symbol: own.symbol})
        at[place] = own
    return replace(jacobian, at=tuple(at), value=value)


def gauss_newton_product(network: Network) -> Curvature:
    """Return the product of the Gauss-Newton matrix with a direction.

    It is the Hessian's where the layers above a parameter do not curve.
    """
    product = hessian_vector_product(network)
    last = network.graph.of_role(Role.PREACTIVATION)[-1]
    seed = product.graph[_dotted_key(product.graph[f"d{last.key}"])]
    back = [a.equation for a in reverse(network.graph, {last.key: seed.atom}).values()]
    own = {d.key: replace(d.quantity, accent="tilde") for d in back}
    names = {IndexedBase(k, real=True): IndexedBase(code(q), real=True) for k, q in own.items()}
    found = {
        d.key: Definition(own[d.key], d.indices, d.rhs.xreplace(names))
        for d in back
        if d.rhs is not None
    }
    parameters = network.graph.of_role(*PARAMETERS)
    products = {d.key: found[f"d{d.key}"] for d in parameters if f"d{d.key}" in found}
    return Curvature(Graph((*product.graph.definitions, *found.values())), products)


def with_gradients(network: Network) -> Graph:
    """Return the forward equations followed by those of the backward pass, one list."""
    backward = reverse(network.graph, {"J": sp.S.One})
    found = [adjoint.equation for adjoint in backward.values()]
    return Graph((*network.graph.definitions, *found), network.graph.facts)


@dataclass(frozen=True, slots=True)
class _Tangent:
    terms: tuple[Term, ...]
    closed: sp.Expr


def _tangent(
    definition: Definition,
    tangents: Tangents,
    extra: tuple[Index, ...],
    graph: Graph,
    fresh: Fresh,
) -> _Tangent | None:
    """Gather the tangent of a name from those of the names that it is computed from."""
    if definition.rhs is None:
        return None
    raw = list(_contributions(definition, tangents, graph, fresh))
    if not raw:
        return None
    found = reduced(raw, (*definition.indices, *extra), graph)
    return _Tangent(found.terms, found.value) if found.value != 0 else None


def _contributions(
    definition: Definition, tangents: Tangents, graph: Graph, fresh: Fresh
) -> Iterator[Term]:
    """Yield local derivative times tangent, summed over the entries of each name that is read."""
    rhs = definition.rhs
    assert rhs is not None
    for key in sorted(keys_in(rhs) & tangents.keys()):
        read = graph[key].indices
        entry = [fresh.like(index) for index in read]
        swap = {old.symbol: new.symbol for old, new in zip(read, entry, strict=True)}
        dots = [renewed(term, swap, fresh) for term in tangents[key]]
        for term in local(rhs, key, [index.symbol for index in entry], fresh):
            slope = in_known_names(term.body, definition, graph)
            for dot in dots:
                yield Term((*entry, *term.bound, *dot.bound), slope * dot.body)


def _dotted(definition: Definition, role: Role, rhs: sp.Expr | None = None) -> Definition:
    """Return the definition of a tangent; ``Y`` with a dot is that of the prediction."""
    role = Role.HIDDEN if role is Role.PREDICTION else role
    quantity = definition.quantity
    dotted = replace(quantity, role=role, letter=quantity.matrix_letter, accent="dot")
    return Definition(dotted, definition.indices, rhs)


def _dotted_key(definition: Definition) -> str:
    return _dotted(definition, definition.quantity.role).key
