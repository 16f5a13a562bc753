"""Source code in each target language, printed from a program."""
