"""The network and its mathematics: NumPy and SciPy only, no pictures.

>>> import numpy as np
>>> from nn_core.datasets import make_spiral
>>> from nn_core.network import Network
>>> from nn_core.training import fit
>>> rng = np.random.default_rng(0)
>>> X, y = make_spiral(100, n_classes=5, rng=rng)
>>> net = Network.create([2, 100, 2, 5], ["leaky_relu", "identity", "identity"], rng=rng)
>>> history = fit(net, X, y, learning_rate=3e-3, epochs=1500)
>>> bool(history.accuracy[-1] > 0.99)
True
"""
