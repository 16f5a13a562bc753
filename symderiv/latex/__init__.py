"""LaTeX and MathML: mathematics as people write it, and as browsers set it."""
