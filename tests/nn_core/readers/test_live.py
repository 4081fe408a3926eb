"""Modules of PyTorch and models of scikit-learn in memory; run where these are installed."""

import numpy as np
import pytest

from nn_core.readers import from_sklearn, from_torch

RNG = np.random.default_rng(0)


def test_modules_whose_activations_are_only_in_their_code():
    torch = pytest.importorskip("torch")
    from torch import nn
    from torch.nn import functional

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.norm = nn.Linear(2, 5), nn.Linear(5, 3), nn.BatchNorm1d(5)
            self.weights = nn.Parameter(torch.tensor([1.0, 2.0, 3.0]))

        def forward(self, x):
            x = x.view(x.size(0), -1)
            h = self.hidden(self.norm(self.a(x)))
            h = functional.dropout(h, training=self.training)
            return self.end(self.b(h) * self.weights + 1)

        def hidden(self, h):
            return functional.leaky_relu(h, 0.2)

        def end(self, z):
            return z

    class Swish(Net):
        def hidden(self, h):
            return h * torch.sigmoid(h)

    class Probabilities(Net):
        def end(self, z):
            return z.softmax(dim=-1)

    torch.manual_seed(0)
    for kind in (Net, Swish, Probabilities):
        module = kind()
        module(torch.randn(50, 2))
        network = from_torch(module)
        assert module.training  # it is not changed
        X = RNG.normal(size=(9, 2))
        with torch.no_grad():
            expected = module.eval()(torch.from_numpy(X).float()).numpy()
        assert network.check(X, expected).agrees

    class Skip(Net):
        def hidden(self, h):
            return h + self.a(h[:, :2])

    class Mixes(Net):
        def end(self, z):
            return z.view(3, -1).t().reshape(-1, 3)

    class Branches(Net):
        def forward(self, x):
            return self.a(x) if x.sum() > 0 else self.b(self.a(x))

    class Sums(Net):
        def end(self, z):
            return z + z.sum()

    class Random(Net):
        def hidden(self, h):
            return functional.dropout(functional.relu(h), 0.5, training=True)

    for kind, words in (
        (Skip, "part of the numbers|joins two branches"),
        (Mixes, "can't be taken|other outputs"),
        (Branches, "can't be followed"),
        (Sums, "can't be taken"),
        (Random, "other outputs than the network"),
    ):
        with pytest.raises(ValueError, match=words):
            from_torch(kind())
    for module, words in (
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(2, 2)), r"the layer '0' \(Conv2d\)"),
        (nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2)), r"the layer '1' \(LayerNorm\)"),
        (nn.Sequential(nn.Embedding(3, 2), nn.Linear(2, 2)), r"the layer '0' \(Embedding\)"),
        (3, "a module of PyTorch is expected, not int"),
    ):
        with pytest.raises(ValueError, match=words):
            from_torch(module)


def test_models_of_scikit_learn():
    pytest.importorskip("sklearn")
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X = RNG.normal(size=(60, 3)) * [1, 100, 0.01]
    y = np.where(X[:, 0] + X[:, 1] / 100 > 0, "yes", "no")
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    network = from_sklearn(model)
    assert network.classes == ("no", "yes")
    assert str(network.check(X, model.predict(X))) == "no label differs"
    np.testing.assert_allclose(network.predict_proba(X), model.predict_proba(X), atol=1e-12)
