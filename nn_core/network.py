"""The network: layers of weights, a forward pass that keeps every number, and the backward pass by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray
from scipy.special import expit

from nn_core.activations import Activation, activation, softmax
from nn_core.arrays import MOST_NUMBERS, Array, Rng, generator, numbers, shortened, whole_number
from nn_core.checking import Check, check
from nn_core.decisions import Decision, usual
from nn_core.initializers import Initializer, initializer


@dataclass(init=False, eq=False)
class Layer:
    """An affine map and an activation: a = activation(x @ weight.T + bias).

    Attributes:
        weight: (n_out, n_in); its columns are the images of the basis vectors.
        bias: (n_out,).
        activation: an Activation (it may be given by name).

    Raises:
        TypeError: they are no numbers.
        ValueError: weight is no matrix, the bias doesn't fit it, or a number is NaN or infinite.
    """

    weight: Array
    bias: Array
    activation: Activation

    def __init__(self, weight: ArrayLike, bias: ArrayLike, activation: str | Activation = "identity") -> None:
        self.weight, self.bias = numbers(weight, "weight"), numbers(bias, "bias")
        self.activation = _activation(activation)
        if self.weight.ndim != 2 or 0 in self.weight.shape:
            raise ValueError(f"weight has shape {self.weight.shape}, expected (n_out, n_in), at least (1, 1)")
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
    """Layers, one after the other, and how a class is read from what they give.

    Attributes:
        layers: a list of them.
        decision: how a class is read; the usual one for the last activation if it isn't given, and set by training.
            None says that the outputs are real numbers, which stand for no classes.
        classes: the names of the classes, in the order of the outputs (of two for a single one); empty if they have
            none.

    Raises:
        TypeError: something else than layers was given.
        ValueError: there is no layer, or a layer doesn't take what the one before gives.

    >>> rng = np.random.default_rng(0)
    >>> net = Network.create([784, 16, 10], "relu", rng=rng)
    >>> net
    Network(784 -> 16 relu -> 10 identity: 12,730 parameters)
    """

    def __init__(
        self,
        layers: Iterable[Layer],
        *,
        decision: Decision | Literal["usual"] | None = "usual",
        classes: Sequence[str] = (),
    ) -> None:
        if not isinstance(layers, Iterable):
            raise TypeError(f"layers are {shortened(layers)}, expected a list of Layer(weight, bias, activation)")
        self.layers = list(layers)
        if not self.layers:
            raise ValueError("a network needs at least one layer")
        for number, layer in enumerate(self.layers, start=1):
            if not isinstance(layer, Layer):
                raise TypeError(f"layer {number} is {shortened(layer)}, expected Layer(weight, bias, activation)")
        for before, layer in pairwise(self.layers):
            if layer.n_in != before.n_out:
                raise ValueError(
                    f"weight has shape {layer.weight.shape} but the layer before has {before.n_out} outputs"
                )
        if not (decision is None or decision == "usual" or isinstance(decision, Decision)):
            raise TypeError(f"decision is {shortened(decision)}, expected Decision(of, level), 'usual' or None")
        self.decision = usual(self.layers[-1].activation) if isinstance(decision, str) else decision
        self.classes = _class_names(classes, max(self.n_out, 2))

    @classmethod
    def create(
        cls,
        sizes: Sequence[int],
        activations: str | Activation | Sequence[str | Activation] = "relu",
        *,
        initializer: str | Initializer = "he",
        rng: Rng,
        dtype: DTypeLike = np.float64,
    ) -> Network:
        """A network of these widths, its weights drawn at random.

        Args:
            sizes: the width of the input, then of each layer, such as [2, 100, 2, 5].
            activations: one for each layer; or one for all layers but the last, which is then the identity.
            initializer: a name of `INITIALIZERS`, or a function of that kind.
            rng: where the random numbers come from, or a seed.
            dtype: float64 or float32; training keeps it.

        Raises:
            TypeError: an argument is of another kind.
            ValueError: fewer than two sizes, a size below 1, or not as many activations as layers.
        """
        if isinstance(sizes, str) or not isinstance(sizes, Iterable):
            raise TypeError(f"sizes are {shortened(sizes)}, expected a list such as [2, 16, 2]")
        sizes = [whole_number(size, "a size", least=1, most=MOST_NUMBERS) for size in sizes]
        if len(sizes) < 2:
            raise ValueError(f"sizes are {sizes}, expected the input's width and each layer's")
        if (total := sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))) > MOST_NUMBERS:
            raise ValueError(f"sizes need {total:,} weights and biases; at most {MOST_NUMBERS:,} are taken")
        n_layers = len(sizes) - 1
        if isinstance(activations, str | Activation):
            activations = [activations] * (n_layers - 1) + ["identity"]
        if not isinstance(activations, Iterable):
            raise TypeError(f"activations are {shortened(activations)}, expected a name, or a list of names")
        activations = list(activations)
        if len(activations) != n_layers:
            raise ValueError(f"{len(activations)} activations were given for {n_layers} layers; give one for each")
        if dtype not in (np.float64, np.float32, "float64", "float32", float):
            raise ValueError(f"dtype is {shortened(dtype)}, expected np.float64 or np.float32")
        draw, rng = _initializer(initializer), generator(rng)
        layers = []
        for (n_in, n_out), kind in zip(pairwise(sizes), activations, strict=True):
            drawn = draw(n_out, n_in, rng)
            if not isinstance(drawn, tuple) or len(drawn) != 2:
                raise TypeError(f"the initializer gives {shortened(drawn)}, expected (weight, bias)")
            weight = numbers(drawn[0], "the initializer's weight", shape=(n_out, n_in), dtype=dtype)
            bias = numbers(drawn[1], "the initializer's bias", shape=(n_out,), dtype=dtype)
            layers.append(Layer(weight, bias, kind))
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

    def with_parameters(self, parameters: ArrayLike) -> Network:
        """A network of the same make whose weights and biases are views into this vector, if it is an array of floats.

        Raises:
            TypeError: the vector holds no numbers.
            ValueError: it is not of shape (n_parameters,), or a number is NaN or infinite.
        """
        parameters = numbers(parameters, "parameters", shape=(self.n_parameters,))
        layers, start = [], 0
        for layer in self.layers:
            middle = start + layer.weight.size
            end = middle + layer.n_out
            weight = parameters[start:middle].reshape(layer.n_in, layer.n_out).T
            layers.append(Layer(weight, parameters[middle:end], layer.activation))
            start = end
        return Network(layers, decision=self.decision, classes=self.classes)

    def forward(self, X: ArrayLike) -> Trace:
        """Send points through the network and keep every number.

        Args:
            X: (n, n_in).

        Raises:
            TypeError: X holds no numbers.
            ValueError: X is not of that shape, holds NaN or infinity, or what becomes of it is too large.
        """
        trace = Trace(points(X, self.n_in, self.dtype), [], [])
        a = trace.x
        with np.errstate(over="ignore", invalid="ignore"):
            for number, layer in enumerate(self.layers, start=1):
                z = a @ layer.weight.T + layer.bias
                a = layer.activation(z)
                if not (np.isfinite(z).all() and np.isfinite(a).all()):
                    raise ValueError(
                        f"the values of layer {number} become infinite or NaN; its weights or the points are too large"
                    )
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
        """The probability of each class: (n, n_in) -> (n, K), or (n, 2) by the sigmoid of a single output.

        It is the softmax or the sigmoid of what the decision compares. So the largest one is always that of the class
        which `predict` gives; as frequencies they are meant by the cross-entropies only.

        Raises:
            ValueError: as `forward` and `classifier`.
        """
        z = self.classifier().logits(X)
        return np.hstack([expit(-z), expit(z)]) if self.n_out == 1 else np.asarray(softmax(z))

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """The class of each point: (n, n_in) -> (n,), by the network's decision.

        Raises:
            ValueError: as `forward` and `classifier`.
        """
        z = self.classifier().logits(X)
        return Decision().read(z, z)

    def classifier(self) -> Network:
        """A network of the same classes that decides by its logits: by the largest, or by whether a single one is > 0.

        It is this network itself where that is its decision; else the level is taken off its last bias, or a layer
        follows that reads its output. What draws classes and boundaries looks at this one.

        Raises:
            ValueError: the network gives real numbers, no classes.
        """
        decision, last = self.decision, self.layers[-1]
        if decision is None:
            raise ValueError("the network was trained on real numbers, so it has no classes: read forward(X).output")
        if decision == Decision():
            return self
        level = self.dtype.type(decision.level)
        if decision.of == "z":
            shifted = Layer(last.weight, last.bias - level, last.activation)
            return Network([*self.layers[:-1], shifted], decision=Decision(), classes=self.classes)
        reader = Layer(np.eye(self.n_out, dtype=self.dtype), np.full(self.n_out, -level))
        return Network([*self.layers, reader], decision=Decision(), classes=self.classes)

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


def _class_names(classes: Sequence[str], n_classes: int) -> tuple[str, ...]:
    if isinstance(classes, str) or not all(isinstance(name, str) for name in classes):
        raise TypeError(f"classes are {shortened(classes)}, expected a list of names")
    if classes and (len(classes) != n_classes or len(set(classes)) < n_classes):
        raise ValueError(f"classes are {shortened(list(classes))}, expected {n_classes} different names")
    return tuple(classes)


def points(X: ArrayLike, n_in: int, dtype: DTypeLike = np.float64) -> Array:
    """X as finite numbers (n, n_in) of this type, without a copy where it is that.

    Raises:
        TypeError: it holds no numbers.
        ValueError: it is not of that shape, or a number is NaN or infinite.
    """
    return numbers(X, "X", shape=("n", n_in), dtype=dtype)
