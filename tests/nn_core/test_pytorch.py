"""Numbers recorded from PyTorch 2.13 by data/record_pytorch.py."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from nn_core.losses import LOSSES
from nn_core.network import Layer, Network
from nn_core.optimizers import OPTIMIZERS
from nn_core.training import fit

SIZES = {"shallow": (3, 2), "two": (3, 4, 2), "deep": (3, 5, 4, 3)}
ACTIVATIONS = ("identity", "relu", "leaky_relu", "sigmoid", "tanh", "sin", "softplus")


@pytest.fixture(scope="module")
def record():
    with np.load(Path(__file__).with_name("data") / "pytorch-2.13.npz") as file:
        return dict(file)


def network(sizes, activations, theta):
    """The network of PyTorch's parameters, each layer's weight row by row and then its bias."""
    layers, start = [], 0
    for (n_in, n_out), activation in zip(pairwise(sizes), activations, strict=False):
        middle, end = start + n_in * n_out, start + (n_in + 1) * n_out
        layers.append(Layer(theta[start:middle].reshape(n_out, n_in).copy(), theta[middle:end].copy(), activation))
        start = end
    return Network(layers)


def in_pytorch_order(net):
    return np.concatenate([part.ravel() for layer in net.layers for part in (layer.weight, layer.bias)])


@pytest.mark.parametrize("depth", SIZES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("name", LOSSES)
def test_loss_and_gradients(record, depth, activation, name):
    net = network(SIZES[depth], [activation] * 3, record[f"{depth}/theta"])
    labels, case = record[f"{depth}/labels"], f"{depth}/{activation}/{name}"
    trace = net.forward(record["x"])
    loss = LOSSES[name]
    outputs = trace.logits if loss.of == "z" else trace.output
    delta = loss.delta(outputs, labels)
    if loss.of == "a":
        delta = delta * net.layers[-1].activation.derivative(trace.logits)
    gradients = net.backward(trace, delta)
    assert loss.value(outputs, labels) == pytest.approx(float(record[f"{case}/loss"]), rel=1e-12)
    ours = np.concatenate([part.ravel() for pair in gradients for part in pair])
    np.testing.assert_allclose(ours, record[f"{case}/gradient"], rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("name", [*OPTIMIZERS, "l2", "schedule"])
def test_fifty_steps(record, name):
    options = {
        "gradient_descent": {"learning_rate": 0.1},
        "l2": {"optimizer": "gradient_descent", "learning_rate": 0.1, "l2": 0.03},
        "schedule": {"optimizer": "gradient_descent", "learning_rate": lambda step: 0.5 / (1 + step)},
    }.get(name, {})
    net = network((3, 4, 3), ["tanh", "tanh"], record["steps/theta"])
    history = fit(
        net,
        record["x"],
        record["steps/labels"],
        **{"optimizer": name, **options},
        epochs=50,
        snapshots=range(51),
    )
    ours = [in_pytorch_order(history.network_at(epoch)) for epoch in range(1, 51)]
    np.testing.assert_allclose(ours, record[f"steps/{name}"], rtol=1e-9, atol=1e-12)
