"""Unfold: the vocabulary of films about neural networks.

A film needs one line, ``from nn_unfold import Stage, Sheet, AffineFlow``. The names stand in `__init__.pyi`. Each is
imported when it is first asked for: this package itself costs nothing, and Manim loads it as a plugin.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
