"""Labels of data, as numbers of classes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from nn_core.arrays import labels_of
from nn_unfold.errors import UnfoldError
from nn_unfold.theme import theme


class ClassLabels(NamedTuple):
    """The class of each point.

    Attributes:
        numbers: (n,) of classes, from 0.
        names: of all classes; names[k] is that of class k.
    """

    numbers: np.ndarray
    names: tuple[str | int | bool, ...]


def class_labels(y: ArrayLike, n_classes: int | None = None) -> ClassLabels:
    """Labels of any kind as numbers of classes.

    Whole numbers from 0 to below `n_classes` (or below the number of the theme's colours) are numbers of classes
    already, and some of them may be missing. All other labels (text, booleans, negative or larger numbers) are numbered
    in the order of their names.

    Args:
        y: (n,) labels.
        n_classes: how many classes there are, if `y` does not have all of them.

    Raises:
        UnfoldError: for labels of another kind or shape, or more classes than `n_classes`.

    >>> class_labels([-1, 1, 1]).numbers.tolist()
    [0, 1, 1]
    >>> class_labels(["dog", "cat"]).names
    ('cat', 'dog')
    >>> class_labels([2, 2]).numbers.tolist()
    [2, 2]
    """
    try:
        labels = labels_of(y)
    except (TypeError, ValueError) as error:
        raise UnfoldError(f"The labels can't be read: {error}.") from error
    numbers, names = labels.index, labels.names
    whole = [name for name in names if isinstance(name, int) and not isinstance(name, bool)]
    most = len(theme().classes) if n_classes is None else n_classes
    if len(whole) == len(names) and all(0 <= number < most for number in whole):
        numbers = np.array(whole, dtype=int)[numbers]
        names = tuple(range(max(whole, default=0) + 1))
    if n_classes is not None:
        if len(names) > n_classes:
            raise UnfoldError(
                f"The labels have {len(names)} classes, but at most {n_classes} fit here: leave some out."
            )
        names = (*names, *range(len(names), n_classes))
    return ClassLabels(numbers, names)
