"""The networks that films show: recipes, training, cache."""
