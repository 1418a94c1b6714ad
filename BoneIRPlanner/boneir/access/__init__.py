"""Ways in for needles: constraints, costs, ranking, explanation."""
