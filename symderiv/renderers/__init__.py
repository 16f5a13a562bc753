"""Documents and figures: decks in LaTeX and HTML, their drawings, the report, the terminal."""
