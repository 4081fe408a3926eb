"""The network: layers of weights, a forward pass that keeps every number, and the backward pass by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray
from scipy.special import expit

from nn_core.activations import Activation, activation, softmax
from nn_core.checking import Check, check
from nn_core.initializers import Initializer, initializer

Array = NDArray[np.floating[Any]]


@dataclass(init=False, eq=False)
class Layer:
    """An affine map and an activation: a = activation(x @ weight.T + bias).

    Attributes:
        weight: (n_out, n_in); its columns are the images of the basis vectors.
        bias: (n_out,).
        activation: an Activation (it may be given by name).

    Raises:
        ValueError: weight is no matrix, or the bias doesn't fit it.
    """

    weight: Array
    bias: Array
    activation: Activation

    def __init__(self, weight: ArrayLike, bias: ArrayLike, activation: str | Activation = "identity") -> None:
        self.weight, self.bias = _floats(weight), _floats(bias)
        self.activation = _activation(activation)
        if self.weight.ndim != 2 or 0 in self.weight.shape:
            raise ValueError(f"weight has shape {self.weight.shape}, expected (n_out, n_in)")
        if self.bias.shape != (self.n_out,):
            raise ValueError(
                f"bias has shape {self.bias.shape} but the weight {self.weight.shape}: give ({self.n_out},)"
            )

    @property
    def n_in(self) -> int:
        """How many numbers come in."""
        return int(self.weight.shape[1])

    @property
    def n_out(self) -> int:
        """How many numbers go out: the neurons."""
        return int(self.weight.shape[0])

    def __repr__(self) -> str:
        return f"{self.n_in} -> {self.n_out} {self.activation.name}"


_activation = activation  # inside Layer the name means the field


def _floats(values: ArrayLike) -> Array:
    """As floating-point numbers, without a copy where they are that already."""
    array = np.asarray(values)
    return array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)


@dataclass(frozen=True, eq=False)
class Trace:
    """Every number of a forward pass.

    Attributes:
        x: the points, (n, n_in).
        z: for each layer the values before its activation, (n, n_out).
        a: for each layer the values after it, (n, n_out).
    """

    x: Array
    z: list[Array]
    a: list[Array]

    @property
    def logits(self) -> Array:
        """The last z, whatever the last activation: (n, K)."""
        return self.z[-1]

    @property
    def output(self) -> Array:
        """The last a: (n, K)."""
        return self.a[-1]


class Gradient(NamedTuple):
    """The derivatives of the loss with respect to a layer's weight (n_out, n_in) and bias (n_out,)."""

    weight: Array
    bias: Array


class Network:
    """Layers, one after the other.

    Args:
        layers: at least one.
        classes: the names of the labels, in the order of the outputs; none if it has no names.

    Raises:
        ValueError: there is no layer, or a layer doesn't take what the one before gives.

    >>> rng = np.random.default_rng(0)
    >>> net = Network.create([784, 16, 10], "relu", rng=rng)
    >>> net
    Network(784 -> 16 relu -> 10 identity: 12,730 parameters)
    """

    def __init__(self, layers: Iterable[Layer], *, classes: Sequence[str] = ()) -> None:
        self.layers = list(layers)
        self.classes = tuple(classes)
        if not self.layers:
            raise ValueError("a network needs at least one layer")
        for before, layer in pairwise(self.layers):
            if layer.n_in != before.n_out:
                raise ValueError(
                    f"weight has shape {layer.weight.shape} but the layer before has {before.n_out} outputs"
                )

    @classmethod
    def create(
        cls,
        sizes: Sequence[int],
        activations: str | Activation | Sequence[str | Activation] = "relu",
        *,
        initializer: str | Initializer = "he",
        rng: np.random.Generator,
        dtype: DTypeLike = np.float64,
    ) -> Network:
        """A network of these widths, its weights drawn at random.

        Args:
            sizes: the width of the input, then of each layer, such as [2, 100, 2, 5].
            activations: one for each layer; or one for all layers but the last, which is then the identity.
            initializer: a name of `INITIALIZERS`, or a function of that kind.
            rng: where the random numbers come from.
            dtype: float64 or float32; training keeps it.

        Raises:
            ValueError: fewer than two sizes, a size below 1, or not as many activations as layers.
        """
        if len(sizes) < 2 or min(sizes) < 1:
            raise ValueError(f"sizes are {list(sizes)}, expected the input's width and each layer's, all at least 1")
        n_layers = len(sizes) - 1
        if isinstance(activations, str | Activation):
            activations = [activations] * (n_layers - 1) + ["identity"]
        if len(activations) != n_layers:
            raise ValueError(f"{len(activations)} activations were given for {n_layers} layers; give one for each")
        draw = _initializer(initializer)
        layers = []
        for (n_in, n_out), kind in zip(pairwise(sizes), activations, strict=True):
            weight, bias = draw(n_out, n_in, rng)
            layers.append(Layer(weight.astype(dtype), bias.astype(dtype), kind))
        return cls(layers)

    @property
    def n_in(self) -> int:
        """The width of the input."""
        return self.layers[0].n_in

    @property
    def n_out(self) -> int:
        """The number of outputs."""
        return self.layers[-1].n_out

    @property
    def n_parameters(self) -> int:
        """How many numbers there are to train."""
        return sum(layer.weight.size + layer.bias.size for layer in self.layers)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type that the network computes in."""
        return np.result_type(*(layer.weight for layer in self.layers))

    @property
    def parameters(self) -> Array:
        """A copy of all weights and biases as one vector: each layer's weight column by column, then its bias."""
        return np.concatenate([part.ravel("F") for layer in self.layers for part in (layer.weight, layer.bias)])

    def with_parameters(self, parameters: Array) -> Network:
        """A network of the same make whose weights and biases are views into this vector.

        Raises:
            ValueError: the vector is not of shape (n_parameters,).
        """
        if np.shape(parameters) != (self.n_parameters,):
            raise ValueError(f"parameters have shape {np.shape(parameters)}, expected ({self.n_parameters},)")
        layers, start = [], 0
        for layer in self.layers:
            middle = start + layer.weight.size
            end = middle + layer.n_out
            weight = parameters[start:middle].reshape(layer.n_in, layer.n_out).T
            layers.append(Layer(weight, parameters[middle:end], layer.activation))
            start = end
        return Network(layers, classes=self.classes)

    def forward(self, X: ArrayLike) -> Trace:
        """Send points through the network and keep every number.

        Args:
            X: (n, n_in).

        Raises:
            ValueError: X is not of that shape.
        """
        trace = Trace(points(X, self.n_in, self.dtype), [], [])
        a = trace.x
        for layer in self.layers:
            z = a @ layer.weight.T + layer.bias
            a = layer.activation(z)
            trace.z.append(z)
            trace.a.append(a)
        return trace

    def backward(self, trace: Trace, delta: Array) -> list[Gradient]:
        """The derivatives of the loss with respect to every weight and bias, by the chain rule.

        Args:
            trace: of the forward pass.
            delta: dL/dz of the last layer, (n, K).
        """
        gradients = []
        for i in reversed(range(len(self.layers))):
            a_before = trace.a[i - 1] if i else trace.x
            gradients.append(Gradient(delta.T @ a_before, delta.sum(axis=0)))
            if i:
                slope = self.layers[i - 1].activation.derivative(trace.z[i - 1], a_before)
                delta = (delta @ self.layers[i].weight) * slope
        return gradients[::-1]

    def logits(self, X: ArrayLike) -> Array:
        """The last z of each point: (n, n_in) -> (n, K)."""
        return self.forward(X).logits

    def predict_proba(self, X: ArrayLike) -> Array:
        """The probability of each class: (n, n_in) -> (n, K), or (n, 2) by the sigmoid of a single output."""
        z = self.logits(X)
        return np.hstack([expit(-z), expit(z)]) if self.n_out == 1 else np.asarray(softmax(z))

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """The label of each point: (n, n_in) -> (n,)."""
        return labels_of(self.logits(X))

    def check(self, X: ArrayLike, predictions: ArrayLike) -> Check:
        """Hold the network against what its source says of some points, such as "largest difference 2e-07".

        Args:
            X: (n, n_in).
            predictions: the source's outputs, logits or probabilities, (n, K) or (n,), or its labels, (n,).

        Raises:
            ValueError: the shapes don't fit.
        """
        return check(self, X, predictions)

    def __repr__(self) -> str:
        chain = " -> ".join(f"{layer.n_out} {layer.activation.name}" for layer in self.layers)
        return f"Network({self.n_in} -> {chain}: {self.n_parameters:,} parameters)"


_initializer = initializer  # inside create the name means the argument


def labels_of(logits: Array) -> NDArray[np.int64]:
    """The label that each row of logits stands for: the largest one's, or the sign of a single one."""
    return (logits[:, 0] > 0).astype(np.int64) if logits.shape[1] == 1 else logits.argmax(axis=1)


def points(X: ArrayLike, n_in: int, dtype: DTypeLike = np.float64) -> Array:
    """X as an array (n, n_in) of this type, without a copy where it is one.

    Raises:
        ValueError: it is not of that shape.
    """
    array: Array = np.asarray(X, dtype)
    if array.ndim != 2 or array.shape[1] != n_in:
        raise ValueError(f"X has shape {array.shape}, expected (n, {n_in}): a row of {n_in} numbers for each point")
    return array
