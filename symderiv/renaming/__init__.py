"""A document in another notation: what its names are, what they are called there, and the edits."""

from symderiv.renaming.rewriting import renamed, write_renamed

__all__ = ["renamed", "write_renamed"]
