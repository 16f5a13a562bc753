"""The process in which calls are made: a call on the standard input, its answer back."""

from __future__ import annotations

import os
import pickle
import sys


def main() -> None:
    """Answer calls until there are no more; nothing else gets between the answers."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while True:
        try:
            function, arguments = pickle.load(sys.stdin.buffer)  # noqa: S301  from our parent
        except EOFError:
            return
        try:
            answer = (function(*arguments), "")
        except Exception as error:  # noqa: BLE001  whatever it is, the next call has nothing to do with it
            answer = (None, f"{type(error).__name__}: {error}")
        answers.write(pickle.dumps(answer))
        answers.flush()


if __name__ == "__main__":
    main()
