"""Arrays by name, as an .npz, a safetensors file or a state_dict holds them: which of them make a layer.

The names tell the layers ("fc1.weight", "fc1.bias"; "W1", "b1"; "weight_0"; "coefs_0", "intercepts_0"; "arr_0",
"arr_1"), and the shapes tell which side of a kernel is the input. Activations are not among arrays: they are given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn_core.activations import Activation
from nn_core.readers.pointwise import plain
from nn_core.readers.steps import Softmax, Step, affine, batch_normalisation

Given = str | Activation | Sequence[str | Activation] | None
"""The activations that a caller gives: one for all layers but the last, or one for each."""

ROLES = {
    "weight": ("weight", "weights", "kernel", "w", "coef", "coefs", "coef_", "coefs_", "theta"),
    "bias": ("bias", "biases", "b", "intercept", "intercepts", "intercept_", "intercepts_"),
    "mean": ("running_mean", "moving_mean", "mean"),
    "variance": ("running_var", "moving_variance", "var", "variance"),
    "gamma": ("gamma", "scale"),
    "beta": ("beta",),
    "ignored": ("num_batches_tracked", "seed_generator_state"),
}
"""What the last word of a name says."""

_ROLE = {word: role for role, words in ROLES.items() for word in words}
_WORD = re.compile(
    r"(?P<before>.*?)(?P<word>" + "|".join(sorted(_ROLE, key=len, reverse=True)) + r")(?P<after>[_.:\-/]?\d*)"
)
_INPUTS_FIRST = {"kernel", "coef", "coefs", "coef_", "coefs_"}
EPSILON = 1e-5
"""Of a BatchNorm in a file that doesn't say it: the default of PyTorch, which is the only source of such files."""


@dataclass
class Group:
    """The arrays of one layer.

    Attributes:
        name: what its arrays have in common, such as "fc1".
        roles: the arrays, by what they are: "weight", "bias", "mean", ...
        words: the last words of their names.
    """

    name: str
    roles: dict[str, NDArray[Any]] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)

    @property
    def is_norm(self) -> bool:
        """It is a BatchNorm."""
        return "mean" in self.roles and "variance" in self.roles


def steps_of_arrays(
    arrays: Mapping[str, NDArray[Any]], activations: Given, *, inputs_first: bool | None = None, in_order: bool = True
) -> list[Step]:
    """The steps that arrays describe.

    Args:
        arrays: by name.
        activations: given by the caller.
        inputs_first: kernels are (n_in, n_out); None finds it out by the names and the shapes.
        in_order: the arrays come in the order of the layers. Otherwise the numbers in their names tell it, or
            the shapes if only one order fits.

    Raises:
        ValueError: an array belongs to no layer, the layers don't fit, or there are no activations.
    """
    groups = _groups(arrays)
    for group in groups:
        _refuse_others(group)
    numbered = all(re.search(r"\d", group.name) for group in groups)
    if not in_order and numbered:
        groups.sort(key=lambda group: _natural(group.name))
    linear = [group for group in groups if not group.is_norm]
    if not linear:
        raise ValueError(f"it holds no weights: its arrays are {_some(arrays)}")
    first = _orientation(linear, inputs_first)
    if not in_order and not numbered:
        if len(linear) < len(groups):
            raise ValueError("the place of its BatchNorm can't be told from the names: number all layers")
        groups = linear = _ordered(linear, first)
    names = kinds(activations, len(linear))
    return list(_steps(groups, names, first))


def kinds(activations: Given, n_layers: int) -> list[str | Activation]:
    """One activation for each layer.

    Raises:
        ValueError: none are given, or not as many as layers.
    """
    if n_layers == 1 and activations is None:
        return ["identity"]
    if activations is None:
        raise ValueError(
            f"it holds {n_layers} layers of weights, but no activations: say which, such as "
            'activations="relu" (--activations relu), or one for each layer'
        )
    if isinstance(activations, str | Activation):
        return [activations] * (n_layers - 1) + ["identity"]
    given = list(activations)
    if len(given) == n_layers - 1:
        given.append("identity")
    if len(given) != n_layers:
        raise ValueError(f"{len(given)} activations are given for {n_layers} layers: give one for each")
    return given


def activation_steps(kind: str | Activation, where: str) -> tuple[Step, ...]:
    """An activation by name; softmax too, which may stand at the end."""
    if isinstance(kind, str) and re.fullmatch(r"(log_?)?softmax|argmax", kind.strip().lower()):
        return (Softmax(where),)
    return plain(kind, where)


def _groups(arrays: Mapping[str, NDArray[Any]]) -> list[Group]:
    if all(re.fullmatch(r"arr_\d+|\d+", name) for name in arrays):
        return _positional([arrays[name] for name in sorted(arrays, key=_natural)])
    groups: dict[str, Group] = {}
    strangers = []
    for name, array in arrays.items():
        path, _, last = name.replace("/", ".").rpartition(".")
        last = last.split(":")[0]
        match = _WORD.fullmatch(last.lower())
        if (
            match is None
            or _is_attention(name)
            or (match["before"] and not match["before"].endswith(("_", "-")) and match["word"] in "wb")
        ):
            strangers.append(name)
            continue
        stem = match["before"].rstrip("_-") + match["after"].strip("_.:-/")
        key = ".".join(part for part in (path, stem) if part)
        group = groups.setdefault(key, Group(key or name))
        role = _ROLE[match["word"]]
        if role in group.roles:
            raise ValueError(f"its array {name!r} is the second {role} of the layer {key!r}")
        if role != "ignored":
            group.roles[role] = array
            group.words.add(match["word"])
    if strangers:
        raise ValueError(f"its array {strangers[0]!r} belongs to no layer of weights and bias: {_reason(strangers[0])}")
    return [group for group in groups.values() if group.roles]


def _is_attention(name: str) -> bool:
    """Its arrays are matrices like those of other layers: only the name tells it."""
    return re.search(r"in_proj|[qkv]_proj|attn|attention", name.lower()) is not None


def _reason(name: str) -> str:
    if _is_attention(name):
        return "attention is no layer of a network here"
    for words, what in (
        ("weight_ih weight_hh bias_ih bias_hh recurrent", "a recurrent layer is no layer of a network here"),
        ("original0 original1 weight_g weight_v", "remove the parametrisation before saving"),
    ):
        if any(word in name.lower() for word in words.split()):
            return what
    return "expected names such as 'fc1.weight' and 'fc1.bias', or 'W1' and 'b1'"


def _positional(arrays: Sequence[NDArray[Any]]) -> list[Group]:
    """Arrays without names: a matrix begins a layer, a vector behind it is its bias."""
    groups: list[Group] = []
    for array in arrays:
        if array.ndim >= 2 and not (groups and "bias" not in groups[-1].roles and _is_row(array, groups[-1])):
            groups.append(Group(f"layer {len(groups) + 1}", {"weight": array}))
        elif groups and "bias" not in groups[-1].roles:
            groups[-1].roles["bias"] = array
        else:
            raise ValueError(f"its arrays have no names, and one of shape {array.shape} follows no weight")
    return groups


def _is_row(array: NDArray[Any], group: Group) -> bool:
    return array.ndim == 2 and array.shape[0] == 1 and array.shape[1] in group.roles["weight"].shape


def _refuse_others(group: Group) -> None:
    weight = group.roles.get("weight")
    if group.is_norm:
        return
    if "embedding" in group.name.lower() and "bias" not in group.roles:
        raise ValueError(f"the layer {group.name!r}: an embedding is no layer of a network here")
    if weight is None:
        present = ", ".join(sorted(group.roles))
        raise ValueError(f"the layer {group.name!r} has {present} but no weight: it can't be told what it does")
    if weight.ndim == 1 and "bias" in group.roles and group.roles["bias"].shape == weight.shape:
        raise ValueError(
            f"the layer {group.name!r} has a weight {weight.shape} and no running mean: one that normalises each point "
            "by itself (LayerNorm) is no layer of a network here"
        )
    if weight.ndim > 2:
        raise ValueError(
            f"the layer {group.name!r} has a weight of shape {weight.shape}: a convolution is no layer of a "
            "network here"
        )
    if weight.ndim < 2:
        raise ValueError(f"the weight of {group.name!r} has shape {weight.shape}, expected a matrix (n_out, n_in)")


def _shape(group: Group, inputs_first: bool) -> tuple[int, int]:
    """(n_in, n_out)."""
    rows, columns = group.roles["weight"].shape
    return (rows, columns) if inputs_first else (columns, rows)


def _fits(shapes: Sequence[tuple[int, int]]) -> bool:
    return all(before[1] == after[0] for before, after in pairwise(shapes))


def _orientation(groups: Sequence[Group], given: bool | None) -> bool:
    """Whether kernels are (n_in, n_out): as given, as named, or the only way that fits."""
    if given is not None:
        return given
    if any(group.words & _INPUTS_FIRST for group in groups):
        return True

    def possible(inputs_first: bool) -> bool:
        shapes = [_shape(group, inputs_first) for group in groups]
        biases = [group.roles.get("bias") for group in groups]
        return _fits(shapes) and all(
            bias is None or bias.size == n_out for bias, (_, n_out) in zip(biases, shapes, strict=True)
        )

    return possible(True) and not possible(False)


def _ordered(groups: Sequence[Group], inputs_first: bool) -> list[Group]:
    """The only order in which each layer takes what the one before gives."""
    found: list[list[Group]] = []

    def extend(chain: list[Group], rest: list[Group]) -> None:
        if len(found) > 1:
            return
        if not rest:
            found.append(chain)
        for group in rest:
            if not chain or _shape(chain[-1], inputs_first)[1] == _shape(group, inputs_first)[0]:
                extend([*chain, group], [other for other in rest if other is not group])

    if len(groups) <= 8:
        extend([], list(groups))
    if len(found) != 1:
        raise ValueError(
            f"the order of its layers ({_some([group.name for group in groups])}) can't be told from their names and "
            "shapes: number them, such as 'fc1.weight', or save the network as ONNX"
        )
    return found[0]


def _steps(groups: Sequence[Group], names: Sequence[str | Activation], inputs_first: bool) -> Iterator[Step]:
    """Layers, each with its activation; a BatchNorm behind a layer stands before or behind the activation.

    In a Sequential the number in its name tells which: 0, 1 leave no room for an activation in between, 0, 2 do.
    Otherwise it stands before the activation, as in He et al. 2016 and nearly everywhere.
    """
    left = iter(names)
    pending: tuple[str, tuple[Step, ...]] | None = None
    norms = 0
    for group in groups:
        roles = group.roles
        if not group.is_norm:
            if pending:
                yield from pending[1]
            yield affine(roles["weight"], roles.get("bias"), f"the layer {group.name!r}", inputs_first=inputs_first)
            pending, norms = (group.name, activation_steps(next(left), f"the layer {group.name!r}")), 0
            continue
        norms += 1
        if norms > 1:
            raise ValueError(
                f"the place of the BatchNorm {group.name!r} can't be told from its name: save the whole module, or ONNX"
            )
        if pending and _has_room(pending[0], group.name):
            yield from pending[1]
            pending = None
        gamma, beta = roles.get("gamma", roles.get("weight")), roles.get("beta", roles.get("bias"))
        yield batch_normalisation(
            gamma, beta, roles["mean"], roles["variance"], EPSILON, f"the BatchNorm {group.name!r}"
        )
    if pending:
        yield from pending[1]


def _has_room(before: str, after: str) -> bool:
    """Whether two modules of one Sequential have another one between them, which has no numbers."""
    (path, _, i), (other, _, j) = before.rpartition("."), after.rpartition(".")
    return path == other and i.isdigit() and j.isdigit() and int(j) - int(i) > 1


def _natural(name: str) -> list[tuple[int, int, str]]:
    """So that "fc10" comes behind "fc9"."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", name) if part]


def _some(names: Any) -> str:
    names = [str(name) for name in names]
    return ", ".join(names[:6]) + (", ..." if len(names) > 6 else "") if names else "none"


def as_arrays(values: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Lists of numbers as arrays.

    Raises:
        ValueError: the rows of one differ in length, or it holds something else than numbers.
    """
    found = {}
    for name, value in values.items():
        try:
            array = np.asarray(value)
        except ValueError:
            raise ValueError(f"its array {name!r} has rows that differ in length") from None
        if array.dtype.kind not in "fiu":
            raise ValueError(f"its array {name!r} holds {array.dtype} instead of numbers")
        found[name] = array
    return found
