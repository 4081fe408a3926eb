"""Labels of data, as numbers of classes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from nn_core.arrays import labels_of
from numpy.typing import ArrayLike

from nn_unfold.errors import UnfoldError
from nn_unfold.theme import theme


class ClassLabels(NamedTuple):
    """The class of each point.

    Attributes:
        index: (n,) numbers of classes, from 0.
        names: of all classes; the name of class k stands at place k.
    """

    index: np.ndarray
    names: tuple[str | int | bool, ...]


def class_labels(y: ArrayLike, n_classes: int | None = None) -> ClassLabels:
    """Labels of any kind as numbers of classes.

    Small whole numbers from 0 on are numbers of classes already, and some of them may be missing. All other labels
    (text, booleans, negative or large numbers) are numbered in the order of their names.

    Args:
        y: (n,) labels.
        n_classes: how many classes there are, if `y` does not have all of them.

    Raises:
        UnfoldError: for labels of another kind or shape, or more classes than `n_classes`.

    >>> class_labels([-1, 1, 1]).index.tolist()
    [0, 1, 1]
    >>> class_labels(["dog", "cat"]).names
    ('cat', 'dog')
    >>> class_labels([2, 2]).index.tolist()
    [2, 2]
    """
    try:
        index, names = (labels := labels_of(y)).index, labels.names
    except (TypeError, ValueError) as error:
        raise UnfoldError(f"The labels can't be read: {error}.") from error
    numbers = [name for name in names if isinstance(name, int) and not isinstance(name, bool)]
    most = max(len(theme().classes), n_classes or 0)
    if len(numbers) == len(names) and all(0 <= number < most for number in numbers):
        index = np.array(numbers, dtype=int)[index]
        names = tuple(range(max(numbers, default=0) + 1))
    if n_classes is not None:
        if len(names) > n_classes:
            raise UnfoldError(
                f"The labels name {len(names)} classes, but n_classes is {n_classes}: give at least as many."
            )
        names = (*names, *range(len(names), n_classes))
    return ClassLabels(index, names)
