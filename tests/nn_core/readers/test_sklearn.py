"""Models of scikit-learn by their attributes; what they compute is held against the record in test_foreign."""

import numpy as np
import pytest

from nn_core.readers import from_sklearn


def made(kind, bases=(), **attributes):
    model = type(kind, bases, {})()
    vars(model).update(attributes)
    return model


LINEAR = {"coef_": np.array([1.0, 2.0]), "intercept_": 0.5}


def test_a_class_made_of_one_of_scikit_learn_is_taken():
    network = from_sklearn(made("Mine", (type("Ridge", (), {}),), **LINEAR))
    np.testing.assert_array_equal(network.layers[0].weight, [[1, 2]])
    assert network.decision is None


def test_several_labels_for_each_point_are_no_classes():
    model = made(
        "MLPClassifier",
        coefs_=[np.eye(2), np.ones((2, 3))],
        intercepts_=[np.zeros(2), np.zeros(3)],
        activation="relu",
        out_activation_="logistic",
        n_outputs_=3,
        classes_=np.array([0, 1, 2]),
    )
    network = from_sklearn(model)
    assert network.decision is None
    assert network.classes == ()
    assert repr(network) == "Network(2 -> 2 relu -> 3 sigmoid: 15 parameters)"


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (made("RandomForestClassifier"), "the RandomForestClassifier can't be taken: expected one of MLPClassifier"),
        (made("MLPClassifier"), "the MLPClassifier is not fitted: call fit first"),
        (made("Pipeline", steps=[("a", made("KBinsDiscretizer")), ("b", made("Ridge", **LINEAR))]), "before a model"),
        (made("Pipeline", steps=[("a", made("StandardScaler"))]), "the StandardScaler can't be taken"),
        (made("Pipeline", steps=[]), "empty"),
        (made("MinMaxScaler", clip=True, scale_=[1.0], min_=[0.0]), "can't be taken"),
        (
            made("Pipeline", steps=[("a", made("MinMaxScaler", clip=True)), ("b", made("Ridge", **LINEAR))]),
            "clips what lies outside",
        ),
        (made("TransformedTargetRegressor"), "give its regressor_"),
        ("model.pkl", "the str can't be taken"),
    ],
)
def test_models_that_cannot_be_taken_are_named(model, words):
    with pytest.raises(ValueError, match=words):
        from_sklearn(model)
