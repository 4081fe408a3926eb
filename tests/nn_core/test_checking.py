import numpy as np
import pytest

from nn_core.activations import softmax
from nn_core.network import Layer, Network

RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 3))


def three_classes():
    return Network.create([3, 3, 3, 3], "tanh", rng=np.random.default_rng(4))


def one_output(last="identity", **options):
    made = Network.create([3, 4, 1], ["relu", last], rng=np.random.default_rng(1))
    made.layers[-1].bias[:] = 0.1  # so that no point is right at the edge
    return Network(made.layers, **options)


@pytest.mark.parametrize(
    ("of", "compared"),
    [
        (lambda z: z, "output"),
        (softmax, "probabilities"),
        (lambda z: np.log(softmax(z)), "probabilities"),
        (lambda z: z.argmax(axis=1), "labels"),
        (lambda z: z.argmax(axis=1).astype(float), "labels"),
        (lambda z: np.array(["a", "b", "c"])[z.argmax(axis=1)], "labels"),
    ],
)
def test_what_is_compared_is_found(of, compared):
    network = three_classes()
    network = Network(network.layers, classes=("a", "b", "c"))
    found = network.check(X, of(network.logits(X)))
    assert found.agrees
    assert found.compared == compared
    assert found.n_labels == 0
    assert found.difference < 1e-12
    assert str(found).endswith("no label differs")


def test_the_line_says_the_difference_and_the_labels():
    network = three_classes()
    z = network.logits(X)
    assert str(network.check(X, z + 2e-7)) == "largest difference 2e-07, no label differs"
    labels = z.argmax(axis=1)
    labels[:4] = (labels[:4] + 1) % 3
    found = network.check(X, labels)
    assert str(found) == "4 of 30 labels differ"
    assert not found.agrees


def test_one_output():
    network = one_output("sigmoid")
    p = network.forward(X).output
    for predictions in (p, p[:, 0], network.predict_proba(X), network.logits(X), network.predict(X)):
        found = network.check(X, predictions)
        assert found.agrees
        assert found.n_labels == 0
    assert network.check(X, 1 - p[:, 0]).n_labels == 30
    # A regression has no labels.
    regression = one_output(decision=None)
    assert str(regression.check(X, regression.logits(X)[:, 0] + 3e-6)) == "largest difference 3e-06"
    assert not regression.check(X, regression.logits(X) + 1).agrees


@pytest.mark.parametrize("turned", [(0,), (1,), (0, 2), (0, 1, 2)])
def test_a_square_kernel_that_should_be_transposed_is_told(turned):
    network = three_classes()
    wrong = Network(
        [
            Layer(layer.weight.T if i in turned else layer.weight, layer.bias, layer.activation)
            for i, layer in enumerate(network.layers)
        ]
    )
    found = wrong.check(X, network.logits(X))
    assert not found.agrees
    kernels = "the square kernel of layer" if len(turned) == 1 else "the square kernels of layers"
    assert f"transposing {kernels} {', '.join(str(i + 1) for i in turned)} makes it agree" in str(found)


def test_another_activation_that_would_agree_is_told():
    network = three_classes()
    wrong = Network([*(Layer(layer.weight, layer.bias, "relu") for layer in network.layers[:-1]), network.layers[-1]])
    assert "the activation 'tanh' in all hidden layers makes it agree" in wrong.check(X, network.logits(X)).hint


def test_nothing_is_hinted_where_nothing_helps():
    network = three_classes()
    assert network.check(X, network.logits(X) + RNG.normal(size=(30, 3))).hint == ""


@pytest.mark.parametrize(
    ("predictions", "words"),
    [
        (np.zeros((30, 2)), r"predictions have shape \(30, 2\), expected \(30, 3\)"),
        (np.zeros((29, 3)), r"predictions have shape \(29, 3\)"),
        ([], "no predictions"),
        (np.full((30, 3), np.nan), "finite numbers"),
        (["dog"] * 30, "predictions name 'dog', but the network's classes are none"),
    ],
)
def test_predictions_that_do_not_fit(predictions, words):
    with pytest.raises(ValueError, match=words):
        three_classes().check(X, predictions)
