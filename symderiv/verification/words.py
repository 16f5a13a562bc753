"""What the tokens of a document mean: functions, relations, products, and its own vocabulary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from symderiv.latex.layout import SYMBOLS
from symderiv.latex.syntax import Applied, Group, Leaf, Scripted, Syntax
from symderiv.verification.terms import Add, Label, Neg, Num, Ref, Term

GREEK = frozenset(SYMBOLS) - {"nabla", "infty", "partial"}

RELATIONS: Mapping[str, str] = {
    "=": "=", ":": ":", r"\equiv": "=", r"\triangleq": ":=", r"\coloneqq": ":=", r"\doteq": "=",
    r"\approx": "approx", r"\simeq": "approx", r"\sim": "sim", r"\propto": "propto",
    "<": "<", ">": ">", r"\lt": "<", r"\gt": ">", r"\le": "<=", r"\leq": "<=", r"\ge": ">=",
    r"\geq": ">=", r"\ne": "!=", r"\neq": "!=", "≠": "!=", r"\in": "in", r"\notin": "notin",
    r"\leftarrow": "gets", r"\gets": "gets", r"\to": "to", r"\rightarrow": "to",
    r"\longrightarrow": "to", r"\mapsto": "to", r"\Rightarrow": "implies", r"\implies": "implies",
    r"\Leftrightarrow": "implies", r"\iff": "implies", r"\Longrightarrow": "implies",
    r"\stackrel": "=", r"\ll": "<", r"\gg": ">", r"\subset": "in", r"\subseteq": "in",
    r"\therefore": "implies", r"\because": "implies", r"\rightsquigarrow": "to",
}  # fmt: skip

PRODUCTS: Mapping[str, str] = {
    "*": "*", r"\cdot": "cdot", r"\times": "times", "/": "/", r"\odot": "odot", r"\circ": "circ",
    r"\ast": "ast", r"\bullet": "cdot", r"\div": "/", r"\otimes": "otimes", r"\oslash": "oslash",
    r"\star": "ast",
}  # fmt: skip

OPENING: Mapping[str, str] = {
    "(": ")", "[": "]", r"\{": r"\}", r"\lbrace": r"\rbrace", r"\lbrack": r"\rbrack",
    "|": "|", r"\|": r"\|", r"\vert": r"\vert", r"\Vert": r"\Vert", r"\lVert": r"\rVert",
    r"\lvert": r"\rvert", r"\langle": r"\rangle",
}  # fmt: skip

BIG: Mapping[str, str] = {r"\sum": "sum", r"\prod": "prod", r"\Sum": "sum", r"\max": "max"}

ACCENTS: Mapping[str, str] = {
    "hat": "hat", "bar": "bar", "overline": "bar", "tilde": "tilde", "dot": "dot",
    "ddot": "ddot", "vec": "",
}  # fmt: skip

STYLES: Mapping[str, str] = {
    "mathcal": "cal", "mathscr": "cal", "mathbb": "bb", "mathbf": "bold", "boldsymbol": "bold",
    "bm": "bold", "pmb": "bold",
}  # fmt: skip

SKIPPED = frozenset(
    {"boxed", "cancel", "bcancel", "xcancel", "ensuremath", "underline", "brace", "colour"}
    | {"bf", "rm", "mathop", "mathbin", "mathrel", "left", "right", "displaystyle", "!"}
)
"""Decoration that means nothing."""

FUNCTIONS: Mapping[str, str] = {
    **{name: name for name in ("exp", "log", "tanh", "sinh", "cosh", "sin", "cos", "tan", "max")},
    **{name: name for name in ("min", "softmax", "relu", "softplus", "diag", "sign", "abs", "elu")},
    **{name: name for name in ("gelu", "silu", "sqrt", "rowsum", "colsum", "norm", "arctan")},
    "ln": "log", "sigma": "sigma", "sigmoid": "sigma", "Sigmoid": "sigma", "logistic": "sigma",
    "sgn": "sign", "tr": "trace", "Tr": "trace", "trace": "trace", "Trace": "trace",
    "ReLU": "relu", "Relu": "relu", "ELU": "elu", "GELU": "gelu", "SiLU": "silu",
    "Softmax": "softmax", "SoftMax": "softmax", "Tanh": "tanh", "sech": "sech", "Diag": "diag",
    "logsoftmax": "logsoftmax", "sgmd": "sigma", "sig": "sigma", "det": "det", "vec": "vec",
    "erf": "erf", "sum": "sumall", "lrelu": "lrelu", "swish": "silu",
}  # fmt: skip
"""Words that are functions, and what they are called here."""

TRANSPOSES = frozenset({"T", "top", "intercal", "mathsf", "Tr", "tr", "transpose"})
LAYER_LETTERS = frozenset({"l", "L", "ell"})
INDEX_LETTERS = frozenset("ijkmnpqrstlcLT") | {"ell"}
COSTS = frozenset({"L", "J", "C", "E", "ell", "Loss", "loss", "Cost", "cost", "MSE", "CE", "BCE"})
PREACTIVATIONS = ("z", "Z", "a", "s", "u", "net")
GENERIC = frozenset({"f", "g", "phi", "varphi", "psi", "F", "G", "rho", "h", "Phi"})


def is_sample(index: Term) -> bool:
    """Whether an index may be left out, as a sample's is: a letter that is no time or layer."""
    return isinstance(index, Ref) and index.letter not in {"t", "tau", *LAYER_LETTERS}


@dataclass(slots=True)
class Vocabulary:
    """What the names of one document mean, as far as reading has to know.

    ``functions`` are names that the document defines with arguments or uses with a prime;
    ``squares`` are letters of which the square is a name of its own, as a variance is;
    ``plain`` are letters that it uses as quantities though they are often functions;
    ``adjoints`` are the families ``X`` of names ``dX``; ``layers`` are letters that bear bare layer
    marks, ``indices`` the letters that count something; ``bare`` are those that stand alone, and
    never with brackets or primes. ``bars`` are the accents that mean the derivative of a cost,
    ``axes`` those along which samples lie, as often as that shows.
    """

    functions: set[str] = field(default_factory=set)
    plain: set[str] = field(default_factory=set)
    values: set[str] = field(default_factory=set)
    adjoints: set[tuple[str, str, str]] = field(default_factory=set)
    layers: set[str] = field(default_factory=set)
    indices: set[str] = field(default_factory=set)
    squares: set[str] = field(default_factory=set)
    bare: set[str] = field(default_factory=set)
    bars: dict[str, Ref] = field(default_factory=dict)
    axes: tuple[int, ...] = ()

    def within(self, whole: Vocabulary) -> Vocabulary:
        """Return the vocabulary of a part of a document, with what only the whole can tell."""
        functions = self.functions | (whole.functions - self.bare)
        return replace(
            self,
            functions=functions,
            values=self.values | (whole.values - functions),
            adjoints=self.adjoints | whole.adjoints,
            layers=self.layers | whole.layers,
            indices=self.indices | whole.indices,
            squares=self.squares | whole.squares,
            bars=whole.bars,
            axes=whole.axes,
        )

    def target(self, name: Ref) -> Ref | None:
        """Return by what a name is a derivative: ``dW`` by W, a bar over h by h."""
        if name.prefix == "d":
            return replace(name, prefix="", primes=0)
        for accent in self.bars:
            if name.accent.endswith(accent):
                return replace(name, accent=name.accent.removesuffix(accent))
        return None

    # --- tokens ---

    def word(self, leaf: Leaf) -> str | None:
        """Return the name that a token is, or None if it is none."""
        if leaf.kind in {"LETTER", "WORD"}:
            return leaf.text
        if leaf.kind == "COMMAND":
            name = leaf.text.rstrip("*")
            if name in GREEK or name in FUNCTIONS or name in {"ell", "imath", "infty", "hbar"}:
                return name
            if name in {"varepsilon", "vartheta", "varsigma", "varphi", "varrho"}:
                return name
            return name if name.isalpha() and name not in _NOT_NAMES else None
        if leaf.kind == "TEXT" and leaf.text.strip().isalpha():
            return leaf.text.strip()
        if leaf.kind == "TEXT" and leaf.text.strip().removeprefix("np.") in FUNCTIONS:
            return leaf.text.strip().removeprefix("np.")
        return None

    def word_of(self, item: Syntax) -> str | None:
        """Return the name that an atom is, its scripts aside."""
        base = item.base if isinstance(item, Scripted) else item
        return self.word(base) if isinstance(base, Leaf) else None

    def letters(self, item: Syntax) -> str | None:
        """Return the letters of an argument that spells one name: ``softmax``, ``d``, ``1``."""
        if isinstance(item, Leaf):
            return item.text if item.kind in {"LETTER", "WORD", "NUMBER"} else self.word(item)
        if isinstance(item, Applied) and item.command in {
            "mathrm",
            "text",
            "operatorname",
            "mathsf",
        }:
            return self.letters(item.arguments[0])
        if isinstance(item, Group) and item.items:
            texts = [i.text for i in item.items if isinstance(i, Leaf) and i.kind in _SPELT]
            if len(texts) == len(item.items):
                return "".join(texts)
            if len(item.items) == 1:
                return self.letters(item.items[0])
        return None

    def spelt(self, items: Sequence[Syntax]) -> str:
        """Return the characters of some atoms, side by side."""
        parts: list[str] = []
        for item in items:
            if isinstance(item, Leaf):
                parts.append(item.text)
            elif isinstance(item, Group):
                parts.append(self.spelt(item.items))
            elif isinstance(item, Applied):
                parts.append(self.spelt(item.arguments))
            elif isinstance(item, Scripted):
                inner = [item.base] if item.base is not None else []
                parts.append(self.spelt([*inner, *item.below, *item.above]))
        return "".join(parts)

    # --- names ---

    def is_function(self, word: str) -> bool:
        """Whether a word that is usually a function is one here."""
        return word not in self.plain

    def bare_function(self, word: str) -> bool:
        """Whether a function may stand without an argument: a Greek letter is a name then."""
        return word in GREEK or len(word) == 1

    def is_value(self, name: Ref) -> bool:
        """Whether brackets behind a name only say what it depends on."""
        return name.letter in self.values and not name.primes

    def applies(self, name: Ref, arguments: list[Term] | None) -> bool:
        """Whether the bracket behind a name holds its arguments, and is no factor."""
        letter = name.letter
        if arguments is None:
            return False
        if name.accent == "hat" and not name.primes:
            return letter in self.functions
        if name.primes or letter in self.functions:
            return True
        if letter in self.values:
            return all(_plain(a) for a in arguments)
        if letter in self.plain:
            return False
        if len(arguments) > 1 or (letter in GENERIC and letter != "h" and not name.sub):
            return True
        word = len(letter) > 2 and letter not in GREEK
        called = letter in COSTS or letter in GENERIC or word
        return called and all(_plain(a) for a in arguments)

    def transposes(self, item: Syntax) -> bool:
        r"""Whether a superscript means transposed: ``T``, ``\top``, ``\mathrm{T}``."""
        if isinstance(item, Leaf):
            return item.text in TRANSPOSES and item.kind != "NUMBER"
        if isinstance(item, Applied):
            return self.letters(item.arguments[0]) in {"T", "t", "tr", "Tr"}
        return False

    def label(self, items: Sequence[Syntax]) -> str | None:
        """Return the text of a subscript that is a mark, or None if it counts something."""
        if any(isinstance(i, Leaf) and i.kind in {"TEXT", "WORD"} for i in items):
            return self.spelt(items)
        if len(items) == 1:
            item = items[0]
            if isinstance(item, Applied) and item.command in _UPRIGHT:
                return self.letters(item.arguments[0]) or self.spelt(items)
            if isinstance(item, Applied) and item.command in {"mathcal", "mathbb", "mathscr"}:
                return self.spelt(items)
            if isinstance(item, Leaf) and item.kind == "LETTER":
                return None if self.counts(item.text) else item.text
            if isinstance(item, Leaf) and item.kind == "COMMAND":
                return None if item.text == "ell" or item.text in self.indices else item.text
            if isinstance(item, Leaf) and item.kind == "SIGN":
                return item.text
            return None
        match items:
            case [Leaf("LETTER", letter), Leaf("NUMBER")] if letter not in INDEX_LETTERS:
                return self.spelt(items)
        letters = [i for i in items if isinstance(i, Leaf) and i.kind == "LETTER"]
        if len(letters) == len(items):
            if len(letters) > 2 and any(i.text not in INDEX_LETTERS for i in letters):
                return self.spelt(items)
            known = all(self.counts(i.text) for i in letters)
            return None if known else "".join(i.text for i in letters)
        return None

    def counts(self, letter: str) -> bool:
        """Whether a letter below a name is an index."""
        return letter in self.indices

    def mark(self, items: Sequence[Syntax]) -> Term | None:
        """Return a mark in brackets that is spelt in letters, as a label."""
        if len(items) > 1 and all(isinstance(i, Leaf) and i.kind == "LETTER" for i in items):
            return Label(self.spelt(items), place=(items[0].place[0], items[-1].place[1]))
        if len(items) == 1 and isinstance(items[0], Applied) and items[0].command in _UPRIGHT:
            return Label(self.spelt(items), place=items[0].place)
        return None

    def label_above(self, items: Sequence[Syntax]) -> str | None:
        """Return the text of a superscript that is a mark: a star, words, a dagger."""
        if len(items) != 1:
            return None
        item = items[0]
        if isinstance(item, Leaf):
            if item.text in {"*", "ast", "star", "dagger", "+", "prime", "-"}:
                return "*" if item.text in {"ast", "star"} else item.text
            if item.kind in {"TEXT", "WORD"}:
                return item.text
        if isinstance(item, Applied) and item.command in _UPRIGHT:
            return self.letters(item.arguments[0])
        return None

    def is_layer(self, name: Ref, mark: Term) -> bool:
        """Whether a bare superscript counts layers, and is no power."""
        if name.letter not in self.layers:
            return False
        if isinstance(mark, Num):
            return mark.text.isdigit()
        inner = mark.terms if isinstance(mark, Add) else (mark,)
        plain = (t.operand if isinstance(t, Neg) else t for t in inner)
        return all(isinstance(t, Num) or (isinstance(t, Ref) and not t.sub) for t in plain)


_UPRIGHT = {"mathrm", "textrm", "text", "operatorname", "mathsf", "mathit", "mathtt", "textit"}
_SPELT = {"LETTER", "WORD", "NUMBER"}
_NOT_NAMES = frozenset(
    {"cdot", "times", "odot", "circ", "partial", "nabla", "sum", "prod", "int", "frac", "sqrt"}
    | {"in", "le", "ge", "leq", "geq", "ne", "neq", "approx", "to", "rightarrow", "leftarrow"}
    | {"Rightarrow", "implies", "iff", "equiv", "dots", "ldots", "cdots", "vdots", "ddots", "mid"}
    | {"langle", "rangle", "lbrace", "rbrace", "vert", "Vert", "pm", "mp", "forall", "exists"}
    | {"quad", "qquad", "top", "infty", "begin", "end", "left", "right", "over", "otimes", "sim"}
    | {"oint", "lim", "limits", "underset", "overset", "stackrel", "atop", "choose", "hline"}
    | {"mathbb", "mathcal", "text", "oslash", "ast", "star", "propto", "triangleq", "coloneqq"}
)


def _plain(term: Term) -> bool:
    """Whether an argument is a bare name."""
    return isinstance(term, Ref) or (isinstance(term, Neg) and isinstance(term.operand, Ref))
