"""The formulas in documents that people wrote, and where exactly they stand; no mathematics."""

from symderiv.documents.reading import parse, read
from symderiv.documents.records import Document, Formula, Row

__all__ = ["Document", "Formula", "Row", "parse", "read"]
