import numpy as np
import pytest

from nn_core import training
from nn_core.datasets import load_digits, make_clusters, make_crescent, make_spiral, xor_points
from nn_core.losses import Loss
from nn_core.network import Layer, Network
from nn_core.optimizers import GradientDescent
from nn_core.training import TrainingDiverged, fit


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    X, y = make_crescent(40, rng=rng)
    return Network.create([2, 4, 2], "tanh", rng=rng), X, y


def test_one_step_worked_by_hand():
    # One neuron with the identity, w = (1, -1), b = .5, two points; mean squared error, gradient descent at
    # .1. Point (2, 0), target 1: a = 2.5, a - t = 1.5. Point (0, 1), target 0: a = -.5, a - t = -.5. Loss
    # (1.5^2 + .5^2) / 2 = 1.25. dL/da = 2 (1.5, -.5) / 2 = (1.5, -.5). dL/dw = 1.5 (2, 0) - .5 (0, 1) = (3,
    # -.5), dL/db = 1. New w = (.7, -.95), b = .4. Then a = (1.8, -.55), and the loss is (.8^2 + .55^2) / 2
    # = .47125.
    net = Network([Layer([[1, -1]], [0.5])])
    history = fit(net, [[2, 0], [0, 1]], [1, 0], loss="mse", optimizer="gradient_descent", learning_rate=0.1, epochs=1)
    np.testing.assert_allclose(history.loss, [1.25, 0.47125])
    np.testing.assert_allclose(net.layers[0].weight, [[0.7, -0.95]])
    np.testing.assert_allclose(net.layers[0].bias, [0.4])
    np.testing.assert_allclose(history.gradient_norms, [[np.sqrt(9 + 0.25 + 1)]])
    # By the sign of a, both labels are right before and after.
    np.testing.assert_array_equal(history.accuracy, [1, 1])


def test_curves_and_snapshots_tell_of_the_same_network(problem):
    net, X, y = problem
    for batch_size in (None, 17):
        rng = np.random.default_rng(1)
        history = fit(net, X, y, epochs=9, batch_size=batch_size, rng=rng, snapshots=range(10), learning_rate=0.01)
        np.testing.assert_array_equal(history.epochs, range(10))
        np.testing.assert_array_equal(history.snapshot_epochs, range(10))
        for epoch in range(10):
            then = history.network_at(epoch)
            p = then.predict_proba(X)[np.arange(len(X)), y]
            assert history.loss[epoch] == pytest.approx(-np.log(p).mean())
            assert history.accuracy[epoch] == np.mean(then.predict(X) == y)
        np.testing.assert_array_equal(history.network_at(9).parameters, net.parameters)
        assert history.gradient_norms.shape == (9, 2)
        assert history.stopped == "epochs"


def test_curves_may_be_means_over_the_batches(problem):
    net, X, y = problem
    # At the rate 0 nothing moves, so the mean over the batches (of 17, 17, 17, 17 and 12) is the whole.
    history = fit(
        net, X, y, epochs=2, batch_size=17, rng=np.random.default_rng(0), learning_rate=0.0, exact=False, l2=0.1
    )
    np.testing.assert_allclose(history.loss, history.loss[0])
    np.testing.assert_allclose(history.accuracy, np.mean(net.predict(X) == y))
    moving = fit(net, X, y, epochs=1, batch_size=17, rng=np.random.default_rng(0), learning_rate=0.1, exact=False)
    p = net.predict_proba(X)[np.arange(len(X)), y]
    assert moving.loss[0] > moving.loss[1] > -np.log(p).mean()


def test_blocks_add_up_to_the_whole_batch():
    rng = np.random.default_rng(0)
    X, y = make_spiral(5000, rng=rng)  # 25,000 points of width 8: four blocks
    net = Network.create([2, 8, 5], "tanh", rng=rng)
    trace = net.forward(X)
    p = net.predict_proba(X)
    gradients = net.backward(trace, (p - np.eye(5)[y]) / len(X))
    before = net.layers[0].weight.copy()
    history = fit(net, X, y, optimizer="gradient_descent", learning_rate=1.0, epochs=1)
    np.testing.assert_allclose(before - net.layers[0].weight, gradients[0].weight, atol=1e-14)
    assert history.loss[0] == pytest.approx(-np.log(p[np.arange(len(X)), y]).mean())
    norm = np.sqrt(sum((part**2).sum() for part in gradients[1]))
    assert history.gradient_norms[0, 1] == pytest.approx(norm)


@pytest.mark.parametrize(("batch_size", "n_steps"), [(1, 5), (2, 3)])
def test_an_epoch_takes_each_point_once(batch_size, n_steps):
    # With x = 0 only the bias moves, and steps b <- b - (b - t) / k, for the k-th point, make b the mean of
    # the targets seen; powers of 2 have that mean only if each comes once.
    asked = []

    def rate(step):
        asked.append(step)
        return 0.5 / (step + 1)

    net = Network([Layer([[0.0]], [0.0])])
    targets = 2.0 ** np.arange(5)[:, None]
    fit(
        net, np.zeros((5, 1)), targets, loss="mse", optimizer="gradient_descent", learning_rate=rate, epochs=1,
        batch_size=batch_size, rng=np.random.default_rng(0),
    )  # fmt: skip
    assert asked == list(range(n_steps))
    if batch_size == 1:
        assert net.layers[0].bias[0] == pytest.approx(31 / 5)


def test_training_is_the_same_for_the_same_generator_and_differs_for_another(problem):
    net, X, y = problem
    ends = []
    for seed in (1, 1, 2):
        twin = net.with_parameters(net.parameters)
        fit(twin, X, y, epochs=5, batch_size=8, rng=np.random.default_rng(seed))
        ends.append(twin.parameters)
    np.testing.assert_array_equal(ends[0], ends[1])
    assert not np.array_equal(ends[0], ends[2])


def test_float32_stays_float32_and_comes_to_the_same(problem):
    net, X, y = problem
    small = net.with_parameters(net.parameters.astype(np.float32))
    loss = [fit(each, X, y, epochs=30, l2=0.01).loss[-1] for each in (net, small)]
    assert small.dtype == np.float32
    assert fit(small, X, y, epochs=1).snapshots.dtype == np.float32
    assert loss[1] == pytest.approx(loss[0], rel=1e-4)


def test_l2_pulls_on_weights_and_not_on_biases():
    net = Network([Layer([[3.0]], [2.0])])
    # At x = 0 and target 2 the data pull on nothing, so only the penalty .5 * .2 * 3^2 = .9 and its slope
    # are left.
    history = fit(
        net,
        [[0.0]],
        np.array([[2.0]]),
        loss="mse",
        optimizer="gradient_descent",
        learning_rate=1.0,
        epochs=1,
        l2=0.2,
    )
    assert history.loss[0] == pytest.approx(0.9)
    assert net.layers[0].weight[0, 0] == pytest.approx(2.4)
    assert net.layers[0].bias[0] == 2.0


def test_validation_is_measured_and_not_learnt(problem):
    net, X, y = problem
    twin = net.with_parameters(net.parameters)
    history = fit(net, X, y, epochs=5, validation=(X[:10], y[:10]), l2=0.1)
    fit(twin, X, y, epochs=5, l2=0.1)
    np.testing.assert_array_equal(net.parameters, twin.parameters)
    p = net.predict_proba(X[:10])[np.arange(10), y[:10]]
    assert history.validation_loss[-1] == pytest.approx(-np.log(p).mean())
    assert history.validation_accuracy[-1] == np.mean(net.predict(X[:10]) == y[:10])


def test_patience_waits_for_a_new_low():
    net = Network([Layer([[1.0]], [0.0])])
    rates = GradientDescent(lambda step: 0.1 if step < 4 else 0.0)
    history = fit(net, [[1.0]], [0], loss="mse", optimizer=rates, epochs=100, patience=3)
    assert history.stopped == "patience"
    assert len(history.loss) == 1 + 4 + 3
    assert history.snapshot_epochs[-1] == 7


def test_the_callback_is_told_and_may_stop(problem):
    net, X, y = problem
    told = []

    def callback(epoch, loss, accuracy):
        told.append((epoch, loss, accuracy))
        return np.True_ if epoch == 3 else None

    history = fit(net, X, y, epochs=50, callback=callback)
    assert history.stopped == "callback"
    assert told == list(zip(range(4), history.loss, history.accuracy, strict=True))


def test_ctrl_c_gives_what_there_is(problem):
    net, X, y = problem

    def callback(epoch, loss, accuracy):
        if epoch == 4:
            raise KeyboardInterrupt

    history = fit(net, X, y, epochs=50, callback=callback)
    assert history.stopped == "interrupted"
    assert len(history.loss) == 5
    assert len(history.gradient_norms) == 4
    np.testing.assert_array_equal(history.network_at(4).parameters, net.parameters)


def test_ctrl_c_in_the_middle_of_an_epoch_goes_back_to_its_start(problem):
    net, X, y = problem

    def rate(step):
        if step == 13:  # five batches an epoch: the third of the epoch 2
            raise KeyboardInterrupt
        return 0.01

    history = fit(net, X, y, epochs=50, batch_size=16, rng=np.random.default_rng(0), learning_rate=rate)
    assert len(history.loss) == 3
    p = net.predict_proba(X)[np.arange(len(X)), y]
    assert history.loss[-1] == pytest.approx(-np.log(p).mean())


def test_ctrl_c_before_anything_is_known_is_passed_on(problem):
    def stop(outputs, targets, out):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(*problem, loss=Loss("stop", "z", stop))


@pytest.mark.parametrize("batch_size", [None, 16])
@pytest.mark.parametrize("moment", range(7))
def test_whenever_ctrl_c_comes_all_curves_are_of_one_length(problem, monkeypatch, batch_size, moment):
    # At each of the steps of an epoch in turn: measuring, recording, the norms, the step.
    net, X, y = problem
    calls = []
    kind = training._Descent
    measure, norms = kind.measure, kind.gradient_norms

    def now(name):
        calls.append(name)
        if len(calls) == 30 + moment:
            raise KeyboardInterrupt

    monkeypatch.setattr(kind, "measure", lambda *a, **k: (measure(*a, **k), now("measure"))[0])
    monkeypatch.setattr(kind, "gradient_norms", lambda *a: (norms(*a), now("norms"))[0])
    rates = GradientDescent(lambda step: now("rate") or 0.01)
    callback = lambda *_: now("callback")  # noqa: E731
    history = fit(
        net, X, y, epochs=50, batch_size=batch_size, rng=0, optimizer=rates, callback=callback, validation=(X, y),
        snapshots=3,
    )  # fmt: skip
    n = len(history.loss)
    assert history.stopped == "interrupted"
    assert len(history.epochs) == len(history.accuracy) == len(history.validation_loss) == n
    assert len(history.validation_accuracy) == n
    assert history.gradient_norms.shape == (n - 1, 2)
    assert len(history.snapshots) == len(history.snapshot_epochs) == min(n, 3)
    assert history.snapshot_epochs[-1] == n - 1
    p = net.predict_proba(X)[np.arange(len(X)), y]
    assert history.loss[-1] == pytest.approx(-np.log(p).mean())
    np.testing.assert_array_equal(history.snapshots[-1], net.parameters)


@pytest.mark.parametrize(
    ("n", "epochs"), [(1, 10), (2, 10), (7, 10), (11, 10), (40, 10), (16, 16), (12, 500), (60, 70)]
)
def test_as_many_snapshots_as_asked_for(problem, n, epochs):
    net, X, y = problem
    history = fit(net, X, y, epochs=epochs, snapshots=n)
    assert len(history.snapshots) == min(n, epochs + 1)
    assert (np.diff(history.snapshot_epochs) > 0).all()
    assert history.snapshot_epochs[-1] == epochs
    stopped = fit(net, X, y, epochs=epochs, snapshots=n, callback=lambda epoch, *_: epoch == epochs // 2)
    assert len(stopped.snapshots) == min(n, epochs // 2 + 1)
    assert stopped.snapshot_epochs[-1] == epochs // 2
    for epoch, parameters in zip(stopped.snapshot_epochs, stopped.snapshots, strict=True):
        p = net.with_parameters(parameters).predict_proba(X)[np.arange(len(X)), y]
        assert stopped.loss[epoch] == pytest.approx(-np.log(p).mean())


def test_divergence_is_told_with_advice_and_leaves_the_network(problem):
    net, X, y = problem
    before = net.parameters
    with pytest.raises(TrainingDiverged, match=r"the loss became (inf|nan) in epoch \d+ .* lower the learning rate"):
        fit(net, 1e3 * X, y, loss="mse", optimizer="gradient_descent", learning_rate=1e9, epochs=500, l2=1.0)
    np.testing.assert_array_equal(net.parameters, before)


def test_log_spaced_snapshots_bound_the_memory(problem):
    net, X, y = problem
    history = fit(net, X, y, epochs=500, snapshots=12)
    assert len(history.snapshots) == 12
    assert history.snapshot_epochs[0] == 0
    assert history.snapshot_epochs[-1] == 500
    assert (np.diff(history.snapshot_epochs, 2) >= -1).all()
    # the snapshots, and 8 bytes for each of loss, accuracy and two gradient norms in each epoch
    assert history.nbytes <= 12 * (net.n_parameters + 1) * 8 + 501 * 4 * 8
    chosen = fit(net, X, y, epochs=20, snapshots=[0, 5])
    np.testing.assert_array_equal(chosen.snapshot_epochs, [0, 5, 20])
    assert chosen.network_at(12).parameters is not None
    np.testing.assert_array_equal(chosen.network_at(12).parameters, chosen.snapshots[1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X": np.ones((80, 3))}, r"X has shape \(80, 3\), expected \(n, 2\)"),
        ({"X": np.full((80, 2), np.nan)}, r"X holds NaN or infinity \(first in row 0\)"),
        ({"X": np.empty((0, 2)), "y": []}, "no points to train on"),
        ({"y": [0, 1]}, "X holds 80 points but y 2 labels"),
        ({"y": np.full(80, 2)}, "labels run from 2 to 2, but 2 outputs can tell only 0 to 1"),
        ({"y": np.full(80, 0.5)}, "labels must be integers"),
        ({"loss": "hinge"}, "no loss is called 'hinge'"),
        ({"optimizer": "sgd"}, "no optimizer is called 'sgd'"),
        ({"epochs": -1}, "epochs is -1"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"batch_size": 10}, "give rng="),
        ({"validation": ([[1.0]], [0])}, r"X has shape \(1, 1\)"),
        ({"network": Network([Layer([[1.0, 1.0]], [0.0])])}, "cross_entropy needs 2 outputs or more"),
    ],
)
def test_unfit_arguments_are_told_in_a_line(problem, change, message):
    given = dict(zip(("network", "X", "y"), problem, strict=True)) | change
    with pytest.raises(ValueError, match=message) as error:
        fit(given.pop("network"), given.pop("X"), given.pop("y"), **given)
    assert "\n" not in str(error.value)


def test_soft_targets():
    # Cross-entropy with shares as targets is lowest where the network gives those shares.
    net = Network([Layer([[0.0], [0.0]], [0, 0])])
    fit(net, [[0.0]], np.array([[0.2, 0.8]]), learning_rate=0.05, epochs=500)
    np.testing.assert_allclose(net.predict_proba([[0.0]]), [[0.2, 0.8]], atol=1e-6)


# What the films tell


def test_a_line_is_stuck_on_three_clusters_and_two_hidden_neurons_are_not():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        X, y = make_clusters(80, n_clusters=3, rng=rng)
        line = Network.create([2, 1], ["sigmoid"], rng=rng)
        bent = Network.create([2, 2, 1], ["sigmoid", "sigmoid"], initializer="glorot", rng=rng)
        options = {"loss": "binary_cross_entropy", "epochs": 1000, "learning_rate": 0.05}
        assert 0.6 <= fit(line, X, y, **options).accuracy[-1] <= 0.7
        assert fit(bent, X, y, **options).accuracy[-1] >= 0.99


def test_two_clusters_need_one_line():
    rng = np.random.default_rng(0)
    X, y = make_clusters(80, rng=rng)
    net = Network.create([2, 1], ["sigmoid"], rng=rng)
    assert fit(net, X, y, loss="binary_cross_entropy", epochs=300, learning_rate=0.05).accuracy[-1] == 1


def test_xor_needs_a_hidden_layer():
    X, y = xor_points()
    line = Network.create([2, 1], ["sigmoid"], rng=np.random.default_rng(0))
    options = {"loss": "binary_cross_entropy", "epochs": 1000, "learning_rate": 0.05}
    assert fit(line, X, y, **options).accuracy.max() <= 0.75
    best = 0.0
    for seed in range(5):
        bent = Network.create([2, 2, 1], ["tanh", "sigmoid"], rng=np.random.default_rng(seed))
        best = max(best, fit(bent, X, y, **options).accuracy[-1])
    assert best == 1


def test_most_beginnings_fold_the_crescent_open():
    right = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        X, y = make_crescent(100, rng=rng)
        net = Network.create([2, 2, 2], ["relu", "sigmoid"], rng=rng)
        history = fit(net, X, y, loss="binary_cross_entropy", epochs=600, learning_rate=0.05)
        right += history.accuracy[-1] >= 0.99
    assert right >= 6


@pytest.mark.parametrize("seed", range(10))
def test_the_spiral_through_a_bottleneck(seed):
    rng = np.random.default_rng(seed)
    X, y = make_spiral(100, rng=rng)
    net = Network.create([2, 100, 2, 5], ["leaky_relu", "identity", "identity"], initializer="pytorch", rng=rng)
    assert fit(net, X, y, epochs=1500, learning_rate=3e-3).accuracy[-1] >= 0.99


@pytest.mark.parametrize(("hidden", "at_least"), [(16, 0.85), (128, 0.9)])
def test_digits(hidden, at_least):
    digits, rng = load_digits(), np.random.default_rng(0)
    net = Network.create([784, hidden, 10], "relu", rng=rng, dtype=np.float32)
    history = fit(net, digits.X, digits.y, epochs=15, batch_size=50, rng=rng, validation=(digits.X_test, digits.y_test))
    assert history.accuracy[-1] >= 0.95
    assert history.validation_accuracy[-1] >= at_least
