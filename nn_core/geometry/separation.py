"""Whether a hyperplane separates one class from the others."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import linprog


def linearly_separable(X: ArrayLike, y: ArrayLike) -> bool:
    """Whether a hyperplane has all points of one class strictly on one side, and all others on the other.

    It does where side (w x + b) >= 1 has a solution, which linear programming decides.

    Args:
        X: (n, d) points.
        y: (n,) True and False, or labels 1 and 0.

    >>> linearly_separable([[0, 0], [1, 0], [0, 1]], [0, 0, 1]), linearly_separable([[0], [1], [2]], [0, 1, 0])
    (True, False)
    """
    points, side = np.asarray(X, np.float64), np.where(np.asarray(y, bool), 1.0, -1.0)
    rows = -side[:, None] * np.column_stack([points, np.ones(len(points))])
    found = linprog(np.zeros(rows.shape[1]), A_ub=rows, b_ub=-np.ones(len(rows)), bounds=(None, None))
    return bool(found.status == 0)
