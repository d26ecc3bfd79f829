"""Network -> facts: the walk over its layers, receptive fields, memory, totals."""
