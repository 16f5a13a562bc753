"""A document's forward pass as a network: what is defined there, and nothing that is derived."""

from symderiv.lectures.stating import Lecture, lecture

__all__ = ["Lecture", "lecture"]
