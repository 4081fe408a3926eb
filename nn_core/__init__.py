"""The network and its mathematics: NumPy and SciPy only, no pictures."""
