"""Calls of nn_core with right and wrong arguments: a result of finite numbers, or one clear line."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nn_core import embedding, preprocessing
from nn_core.arrays import labels_of, numbers
from nn_core.datasets import DATA_SETS, draw
from nn_core.descent import descend, loss_at
from nn_core.geometry import class_regions, creases, decision_boundary
from nn_core.geometry.lines import best_line_accuracy
from nn_core.initializers import INITIALIZERS
from nn_core.losses import LOSSES, targets
from nn_core.network import Layer, Network
from nn_core.optimizers import OPTIMIZERS, optimizer
from nn_core.training import fit

from .conftest import finite
from .strategies import ACTIVATION, ODD, arrays, good, labels, mostly

RNG = mostly(st.one_of(st.integers(0, 9), st.just(3.0), st.integers(0, 9).map(np.random.default_rng)))


@st.composite
def networks(draw, n_in=None, n_out=None):
    """A network with weights of a usual size."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))
    sizes[0], sizes[-1] = n_in or sizes[0], n_out or sizes[-1]
    kinds = draw(st.lists(ACTIVATION, min_size=len(sizes) - 1, max_size=len(sizes) - 1))
    dtype = draw(st.sampled_from([np.float64, np.float32]))
    return Network.create(sizes, kinds, rng=draw(st.integers(0, 99)), dtype=dtype)


def test_doors(repeat, outcome):
    @given(arrays(2), st.booleans())
    def check(values, as_labels):
        if as_labels:
            found = outcome(lambda: labels_of(values))
            assert found is None or not found.names or found.index.max() == len(found.names) - 1
        else:
            found = outcome(lambda: numbers(values))
            assert found is None or (finite(found) and found.dtype in (np.float32, np.float64))

    repeat(check)


def test_constructors(repeat, outcome):
    kinds = mostly(ACTIVATION)
    layers = st.builds(
        lambda weight, bias, kind: lambda: Layer(weight, bias, kind), arrays(2), mostly(good((2,)), arrays(1)), kinds
    )

    @given(layers)
    def one_layer(make):
        layer = outcome(make)
        assert layer is None or (finite(layer.weight, layer.bias) and layer.bias.shape == (layer.n_out,))

    @given(mostly(st.lists(mostly(st.builds(lambda: Layer(np.eye(2), [0, 0]))), max_size=3)))
    def of_layers(layers):
        outcome(lambda: Network(layers))

    @given(
        mostly(st.lists(mostly(st.integers(1, 9)), min_size=1, max_size=4)),
        mostly(st.one_of(ACTIVATION, st.lists(mostly(ACTIVATION), max_size=3))),
        mostly(st.sampled_from(sorted(INITIALIZERS))),
        RNG,
        mostly(st.sampled_from([np.float32, np.float64, "float32"])),
    )
    def created(sizes, kinds, initializer, rng, dtype):
        net = outcome(lambda: Network.create(sizes, kinds, initializer=initializer, rng=rng, dtype=dtype))
        assert net is None or finite(net.parameters)

    @given(networks(), st.data())
    def with_parameters(net, data):
        values = data.draw(mostly(good((net.n_parameters,)), arrays(net.n_parameters)))
        twin = outcome(lambda: net.with_parameters(values))
        assert twin is None or finite(twin.parameters)

    for check in (one_layer, of_layers, created, with_parameters):
        repeat(check)


def test_passes(repeat, outcome):
    @given(networks(), st.data())
    def check(net, data):
        X = data.draw(arrays(net.n_in))
        trace = outcome(lambda: net.forward(X))
        assert trace is None or finite(*trace.z, *trace.a)
        found, shares = outcome(lambda: net.predict(X)), outcome(lambda: net.predict_proba(X))
        assert (trace is None) >= (found is None) == (shares is None)
        if found is not None:
            assert finite(shares)
            np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
            rows = np.arange(len(found))
            assert (shares[rows, found] >= shares.max(axis=1, initial=0) - 1e-6).all()

    repeat(check)


def test_losses(repeat, outcome):
    @given(st.sampled_from(sorted(LOSSES)), st.integers(1, 4), st.integers(1, 6), st.data())
    def check(name, n_outputs, n, data):
        outputs = data.draw(mostly(good((n, n_outputs)), arrays(n_outputs)))
        y = data.draw(labels(n, max(n_outputs, 2)))
        rows = outcome(lambda: targets(y, n_outputs))
        assert rows is None or finite(rows)
        value = outcome(lambda: LOSSES[name].value(outputs, y))
        assert value is None or (np.isfinite(value) and value > -1e-6)
        delta = outcome(lambda: LOSSES[name].delta(outputs, y))
        assert delta is None or finite(delta)

    repeat(check)


def test_training(repeat, outcome):
    options = st.fixed_dictionaries(
        {"loss": mostly(st.sampled_from(sorted(LOSSES))), "epochs": mostly(st.sampled_from([0, 1, 3, 5.0]))},
        optional={
            "optimizer": mostly(st.sampled_from(sorted(OPTIMIZERS))),
            "learning_rate": mostly(st.sampled_from([0.0, 1e-3, 0.1, 10, 1e200])),
            "batch_size": mostly(st.sampled_from([None, 1, 2, 3.0, 100])),
            "l2": mostly(st.sampled_from([0, 0.1, 1e300])),
            "rng": RNG,
            "snapshots": mostly(st.one_of(st.integers(1, 8), st.lists(st.integers(0, 4)))),
            "patience": mostly(st.sampled_from([None, 1, 2])),
            "exact": st.booleans(),
            "validation": mostly(st.none()),
        },
    )

    @given(networks(), options, st.integers(1, 6), st.data())
    def check(net, given_, n, data):
        X = data.draw(mostly(good((n, net.n_in)), arrays(net.n_in)))
        y = data.draw(labels(n, max(net.n_out, 2)))
        before, decision = net.parameters, net.decision
        history = outcome(lambda: fit(net, X, y, **given_))
        if history is None:
            np.testing.assert_array_equal(net.parameters, before)
            assert net.decision == decision
            return
        assert finite(history.loss, history.gradient_norms, history.snapshots, net.parameters)
        assert len(history.gradient_norms) == len(history.loss) - 1
        assert history.snapshot_epochs[-1] == len(history.loss) - 1
        assert (history.accuracy is None) == (net.decision is None)
        assert history.accuracy is None or ((history.accuracy >= 0) & (history.accuracy <= 1)).all()

    repeat(check)


def test_descents(repeat, outcome):
    @given(networks(), st.integers(1, 6), st.sampled_from(sorted(LOSSES)), st.data())
    def check(net, n, loss, data):
        X = data.draw(mostly(good((n, net.n_in)), arrays(net.n_in)))
        y = data.draw(labels(n, max(net.n_out, 2)))
        rows = data.draw(mostly(good((2, net.n_parameters)), arrays(net.n_parameters)))
        found = outcome(lambda: loss_at(net, X, y, rows, loss=loss))
        assert found is None or finite(found)
        rate = data.draw(mostly(st.sampled_from([0.01, 1e300])))
        name = data.draw(st.sampled_from(sorted(OPTIMIZERS)))
        steps, size, rng = data.draw(mostly(st.integers(0, 4))), data.draw(mostly(st.integers(1, 4))), data.draw(RNG)
        way = outcome(
            lambda: descend(
                net, X, y, optimizer=optimizer(name, rate), steps=steps, loss=loss, batch_size=size, rng=rng
            )
        )
        assert way is None or finite(way)

    repeat(check)


def test_preprocessing(repeat, outcome):
    @given(arrays(2), arrays(2), mostly(st.integers(1, 2)), mostly(st.sampled_from([0, 0.1])))
    def check(X, others, k, epsilon):
        for make in (
            preprocessing.subtract_mean,
            preprocessing.normalise,
            lambda X: preprocessing.principal_axes(X, k),
            lambda X: preprocessing.whiten(X, epsilon),
        ):
            rescaling = outcome(lambda make=make: make(X))
            if rescaling is None:
                continue
            assert finite(rescaling.mean, rescaling.matrix, rescaling.back, rescaling.explained)
            assert rescaling.explained.sum() < 1 + 1e-9
            for way in (rescaling.apply, rescaling.invert):
                moved = outcome(lambda way=way: way(others))
                assert moved is None or finite(moved)
        made = outcome(lambda: preprocessing.features(X, ["x_1 x_2", "sin x_1"]))
        assert made is None or finite(made)

    repeat(check)


def test_embedding(repeat, outcome):
    @given(arrays(2), mostly(st.integers(1, 4)), mostly(st.sampled_from(["springs", "student_t"])), st.data())
    def check(X, k, model, data):
        graph = outcome(lambda: embedding.knn_graph(X, k))
        if graph is not None:
            assert finite(graph.distances)
            assert (np.diff(graph.distances, axis=1) >= 0).all()
            n = len(graph.neighbours)
            start = data.draw(mostly(good((n, 2)), arrays(2)))
            places = outcome(lambda: list(embedding.force_layout(graph, start=start, model=model, steps=3)))
            assert places is None or finite(*places)
            y = data.draw(labels(n, 2))
            share = outcome(lambda: embedding.label_agreement(X, y, k))
            assert share is None or 0 <= share <= 1

    repeat(check)


def test_data_sets(repeat, outcome):
    names = ["n", "n_per_class", "n_per_cluster", "noise", "n_classes", "turns", "inner", "outer", "frequency", "size"]
    options = st.dictionaries(
        st.sampled_from(names), mostly(st.sampled_from([1, 2, 3.0, 0.5, 0, 100, (1, 2)]), ODD), max_size=2
    )

    @given(mostly(st.sampled_from(sorted(set(DATA_SETS) - {"digits"}))), options, RNG)
    def check(name, given_, rng):
        made = outcome(lambda: draw(name, rng=rng, **given_))
        if made is not None:
            assert finite(*made)
            assert len(made[0]) == len(made[1])

    repeat(check)


def test_geometry(repeat, outcome):
    box = (-1.0, 1.0, -1.0, 1.0)

    @given(networks(n_in=2), st.data())
    def check(net, data):
        outcome(lambda: decision_boundary(net, box, tolerance=0.02))
        outcome(lambda: class_regions(net, box))
        outcome(lambda: creases(net, box))
        n = data.draw(st.integers(1, 12))
        X, y = data.draw(mostly(good((n, 2)), arrays(2))), data.draw(labels(n, 2))
        share = outcome(lambda: best_line_accuracy(X, y))
        assert share is None or 0.5 <= share <= 1

    repeat(check)
