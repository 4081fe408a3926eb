"""Networks and data that are brought: what a film shows then, what it refuses, and what the cache knows."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from nn_core import storage
from nn_core.activations import Activation
from nn_core.losses import LOSSES
from nn_core.network import Network
from nn_core.optimizers import Adam, Momentum
from nn_core.training import fit
from nn_unfold.errors import UnfoldError
from nn_unfold.fingerprint import code_fingerprint
from nn_unfold.model import cache as training
from nn_unfold.model.given import read_networks, subject
from nn_unfold.model.plane import InputPlane, chosen_pair
from nn_unfold.model.recipe import FIELDS, Recipe
from nn_unfold.model.subject import Shape
from nn_unfold.settings import recipe_fields
from nn_unfold.stage.stage import Stage

RECIPE = Recipe(data="moons", data_options={"n_per_class": 20}, sizes=(2, 3, 2), activations="relu", epochs=30)


@pytest.fixture
def trainings(monkeypatch):
    """Counts the trainings that are really carried out."""
    count = []
    real = training.fit
    monkeypatch.setattr(training, "fit", lambda *args, **options: (count.append(1), real(*args, **options))[1])
    return count


@pytest.fixture
def table(tmp_path):
    """Writes a table of two clusters far from the origin, in units of their own."""

    def write(names=("low", "high"), n=40, seed=3, header=True, name="own.csv"):
        rng = np.random.default_rng(seed)
        rows = ["year,income,group"] if header else []
        for i in range(n):
            group = i % len(names)
            year, income = 1990 + 9 * group + rng.normal(), 40000 + 9000 * group + 500 * rng.normal()
            rows.append(f"{year:.3f},{income:.1f},{names[group]}")
        path = tmp_path / name
        path.write_text("\n".join(rows) + "\n")
        return path

    return write


@pytest.fixture
def own_network(tmp_path):
    def write(sizes=(2, 3, 2), activations="relu", seed=1, name="own.npz", classes=()):
        network = Network.create(sizes, activations, rng=np.random.default_rng(seed))
        network.classes = tuple(classes)
        path = tmp_path / name
        storage.save(network, path)
        return network, path

    return write


def bring(monkeypatch, **options):
    for name, value in options.items():
        monkeypatch.setenv(f"UNFOLD_{name.upper()}", str(value))


# What is shown


def test_without_anything_it_is_the_network_of_the_recipe(tmp_path):
    shown, trained = subject(RECIPE, tmp_path), training.train(RECIPE, tmp_path)
    np.testing.assert_array_equal(shown.network.parameters, trained.network.parameters)
    assert not shown.given
    assert shown.right == round(shown.n * shown.history.accuracy[-1])


def test_the_recipe_learns_data_that_were_brought(tmp_path, table, monkeypatch):
    bring(monkeypatch, data=table(("a", "b", "c"), n=60))
    shown = subject(replace(RECIPE, epochs=300), tmp_path / "cache")
    assert shown.given
    assert (shown.names, shown.classes) == (("year", "income"), ("a", "b", "c"))
    assert [layer.n_out for layer in shown.network.layers] == [3, 3]
    np.testing.assert_allclose(shown.X.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(shown.X.std(axis=0), 1, atol=1e-9)
    own_units = shown.scaling.invert(shown.X)
    assert 1980 < own_units[:, 0].min() < own_units[:, 0].max() < 2020
    assert shown.right > 0.9 * shown.n
    # The same network in the data's own units.
    np.testing.assert_allclose(
        shown.scaling.unfolded(shown.network).logits(own_units), shown.network.logits(shown.X), atol=1e-8
    )


def test_one_output_tells_two_classes_and_more_want_as_many(tmp_path, table, monkeypatch):
    single = replace(RECIPE, sizes=(2, 3, 1), loss="binary_cross_entropy")
    bring(monkeypatch, data=table())
    assert subject(single, tmp_path / "cache").network.n_out == 1
    bring(monkeypatch, data=table(("a", "b", "c"), n=60, name="three.csv"))
    assert subject(single, tmp_path / "cache").network.n_out == 3


def test_a_network_that_was_brought_is_shown_as_it_is(tmp_path, own_network, table, monkeypatch):
    network, path = own_network()
    bring(monkeypatch, network=path)
    shown = subject(RECIPE, tmp_path / "cache")
    np.testing.assert_array_equal(shown.network.parameters, network.parameters)
    assert shown.history is None
    assert shown.right == shown.n
    assert any("what the network says" in note for note in shown.notes)
    assert not (tmp_path / "cache").exists()


def test_the_scale_of_data_is_folded_into_the_network(tmp_path, own_network, table, monkeypatch):
    network, path = own_network(classes=("low", "high"))
    data = table()
    bring(monkeypatch, network=path, data=data)
    shown = subject(RECIPE, tmp_path / "cache")
    raw = np.loadtxt(data, delimiter=",", skiprows=1, usecols=(0, 1))
    groups = [line.split(",")[2] for line in data.read_text().splitlines()[1:]]
    np.testing.assert_allclose(shown.network.logits(shown.X), network.logits(raw), rtol=1e-9)
    assert [shown.classes[label] for label in shown.y] == groups
    assert shown.network.classes == ("low", "high")


def test_checkpoints_are_a_history(tmp_path, table, monkeypatch):
    folder, data = tmp_path / "run", table()
    folder.mkdir()
    raw = np.loadtxt(data, delimiter=",", skiprows=1, usecols=(0, 1))
    X, y = (raw - raw.mean(axis=0)) / raw.std(axis=0), np.arange(40) % 2 == 0
    network = Network.create((2, 3, 2), "relu", rng=np.random.default_rng(0))
    history = fit(network, X, y.astype(int), epochs=12, learning_rate=0.1, snapshots=range(13))
    for epoch in range(13):
        storage.save(history.network_at(epoch), folder / f"epoch-{epoch}.npz")
    np.savetxt(data, np.c_[X, y], delimiter=",", header="x,y,label", comments="")
    bring(monkeypatch, network=folder, data=data)
    shown = subject(RECIPE, tmp_path / "cache")
    np.testing.assert_allclose(shown.history.loss, history.loss, rtol=1e-6)
    np.testing.assert_array_equal(shown.history.accuracy, history.accuracy)
    np.testing.assert_allclose(shown.history.gradient_norms, history.gradient_norms, rtol=1e-5)
    assert len(shown.history.snapshots) == 13
    np.testing.assert_array_equal(shown.history.snapshots[-1], shown.network.parameters)


def run_of(folder, epochs, sizes=(2, 3, 2)):
    """A folder with the network of each of these moments, whose first bias tells the moment."""
    folder.mkdir(exist_ok=True)
    for epoch in epochs:
        network = Network.create(sizes, "relu", rng=np.random.default_rng(epoch))
        network.layers[0].bias[0] = epoch
        storage.save(network, folder / f"step-{epoch}.npz")
    return folder


def test_checkpoints_are_in_the_order_of_their_numbers(tmp_path):
    networks = read_networks(run_of(tmp_path / "run", (10, 9, 100)))
    assert [network.layers[0].bias[0] for network in networks] == [9, 10, 100]


def test_checkpoints_of_different_makes_or_without_an_order_are_one_line(tmp_path):
    run_of(run_of(tmp_path / "run", (1, 2)), (3,), (2, 4, 2))
    with pytest.raises(UnfoldError, match=r"step-1.npz is 2 -> 3 relu.*step-3.npz is 2 -> 4 relu"):
        read_networks(tmp_path / "run")
    storage.save(Network.create((2, 3, 2), "relu", rng=np.random.default_rng(0)), tmp_path / "run" / "best.npz")
    with pytest.raises(UnfoldError, match=r"best\.npz, whose name has no number"):
        read_networks(tmp_path / "run")


def test_a_film_of_a_training_wants_checkpoints(tmp_path, own_network, monkeypatch):
    bring(monkeypatch, network=own_network()[1])
    with pytest.raises(UnfoldError, match="its training is not known"):
        subject(RECIPE, tmp_path / "cache", Shape(history=True))
    bring(monkeypatch, network=run_of(tmp_path / "run", (1, 2)))
    shown = subject(RECIPE, tmp_path / "cache", Shape(history=True))
    assert shown.right_at(1) == shown.right == shown.n


# What is refused


@pytest.mark.parametrize(
    ("shape", "sizes", "activations", "reason"),
    [
        (Shape(inputs=2, hidden=(2,), outputs=2), (2, 2, 2), "relu", None),
        (Shape(inputs=2), (3, 2), "relu", "it has 3 inputs, and 2 are wanted"),
        (Shape(inputs=(2, 3)), (4, 2), "relu", "it has 4 inputs, and 2 or 3 are wanted"),
        (Shape(inputs=None), (9, 4, 2), "relu", None),
        (Shape(hidden=(2,)), (2, 4, 5, 2), "relu", "its hidden layers have 4, then 5 neurons, and 2 are wanted"),
        (Shape(hidden=(2,)), (2, 2), "relu", "it has no hidden layers, and 2 are wanted"),
        (Shape(hidden=()), (2, 3, 2), "relu", "its hidden layers have 3 neurons, and none are wanted"),
        (Shape(hidden=(..., 2)), (2, 9, 8, 2, 4), "relu", None),
        (Shape(hidden=(..., 2)), (2, 2, 4), "relu", None),
        (
            Shape(hidden=(..., 2)),
            (2, 2, 3, 4),
            "relu",
            "its hidden layers have 2, then 3 neurons, and any layers, th",
        ),
        (Shape(hidden=(None, ...)), (2, 2), "relu", "it has no hidden layers, and any number, then any layers"),
        (Shape(outputs=(1, 2)), (2, 3, 3), "relu", "it has 3 outputs, and 1 or 2 are wanted"),
        (Shape(activations={"relu", "leaky_relu"}), (2, 3, 2), "leaky_relu(0.2)", None),
        (Shape(activations={"relu"}), (2, 3, 2), "tanh", "its layer 1 has the activation tanh, and relu is wanted"),
        (Shape(bends=True), (2, 3, 2), "sigmoid", "its layer 1 has the activation sigmoid"),
        (Shape(bends=True), (2, 3, 2), "hard_tanh", None),
    ],
)
def test_a_shape_says_why_a_network_does_not_fit(shape, sizes, activations, reason):
    found = shape.fits(Network.create(sizes, activations, rng=np.random.default_rng(0)))
    assert (found is None) if reason is None else found.startswith(reason)


@pytest.mark.parametrize("given", ["network", "data", "set"])
def test_what_a_film_can_not_show_is_one_line(tmp_path, own_network, table, monkeypatch, trainings, given):
    bring(monkeypatch, **{
        "network": {"network": own_network((2, 5, 2))[1]},
        "data": {"data": table(("a", "b", "c"), n=60)},
        "set": {"set": "sizes=2,5,2"},
    }[given])  # fmt: skip
    recipe = RECIPE.with_fields(recipe_fields())
    with pytest.raises(UnfoldError, match=r"can't show the network of .*(5 neurons, and 3|3 outputs, and 2)") as error:
        subject(recipe, tmp_path / "cache", Shape(inputs=2, hidden=(3,), outputs=2))
    assert len(str(error.value).splitlines()) == 1
    assert not trainings


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty"), (b"\x80\x04\x95", "pickle"), (b"PK\x03\x04 torn", "zip"), (b"plain text", "no format")],
)
def test_a_damaged_network_is_one_line(tmp_path, monkeypatch, content, words):
    path = tmp_path / "own.npz"
    path.write_bytes(content)
    bring(monkeypatch, network=path)
    with pytest.raises(UnfoldError, match="The network can't be taken") as error:
        subject(RECIPE, tmp_path / "cache")
    assert words in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_mistakes_with_data_are_one_line(tmp_path, own_network, table, monkeypatch):
    folder = tmp_path / "empty"
    folder.mkdir()
    cases = [
        (
            {"data": table(("a", "b", "c"), n=60, name="three.csv"), "network": own_network(name="plain.npz")[1]},
            "tells 2 classes apart",
        ),
        (
            {"data": table(), "network": own_network((3, 2), name="wide.npz")[1]},
            r"has 3 inputs, and the data have 2 columns \(year",
        ),
        ({"network": tmp_path / "wide.npz"}, "3 inputs, and the film's own points have 2"),
        ({"data": table(), "network": own_network(classes=("low", "top"))[1]}, "'high'"),
        ({"data": table(), "label": "nosuch"}, "no column 'nosuch'"),
        ({"network": folder}, "holds no network"),
        ({"data": folder}, "no regular file"),
        ({"data": tmp_path / "nosuch.csv"}, r"UNFOLD_DATA\), expected a file"),
    ]
    real = tmp_path / "real.csv"
    real.write_text("\n".join(["a,b,y", *(f"{i},{i % 7},{i / 7:.3f}" for i in range(1, 60))]))
    cases.append(({"data": real, "label": "y"}, "real numbers as labels"))
    for options, words in cases:
        with monkeypatch.context() as patch:
            bring(patch, **options)
            with pytest.raises(UnfoldError, match=words) as error:
                subject(RECIPE, tmp_path / "cache")
        assert len(str(error.value).splitlines()) == 1


def test_bare_weights_want_their_activations(tmp_path, monkeypatch):
    layers = [np.random.default_rng(0).normal(size=shape) for shape in ((3, 2), (3,), (2, 3), (2,))]
    path = tmp_path / "bare.npz"
    np.savez(path, **dict(zip(("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"), layers, strict=True)))
    bring(monkeypatch, network=path)
    with pytest.raises(UnfoldError, match="activation"):
        subject(RECIPE, tmp_path)
    bring(monkeypatch, activations="Tanh")
    assert subject(RECIPE, tmp_path).network.layers[0].activation.name == "tanh"
    bring(monkeypatch, activations="rely")
    with pytest.raises(UnfoldError, match=r"activations is 'rely' \(UNFOLD_ACTIVATIONS\)"):
        subject(RECIPE, tmp_path)


# Fields of the recipe


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("seed=7", "seed", 7),
        ("sizes=2,3,2", "sizes", (2, 3, 2)),
        ("epochs=1e2", "epochs", 100),
        ("activations=tanh", "activations", "tanh"),
        ("activations=relu,tanh,identity", "activations", ("relu", "tanh", "identity")),
        ("initializer=gaussian,1.5", "initializer", ("gaussian", 1.5)),
        ("batch_size=none", "batch_size", None),
        ("snapshots=0,5,50", "snapshots", (0, 5, 50)),
        ("features=x_1,x_1^2", "features", ("x_1", "x_1^2")),
        ("features=none", "features", ()),
        ("learning_rate=.5", "learning_rate", 0.5),
        ("data_options.noise=0.3", "data_options", {"n_per_class": 20, "noise": 0.3}),
    ],
)
def test_fields_are_read_from_text(text, name, value):
    changed = getattr(RECIPE.with_fields(dict([text.split("=", 1)])), name)
    assert (dict(changed) if name == "data_options" else changed) == value


def test_every_field_can_be_set():
    assert set(FIELDS) == set(Recipe.__dataclass_fields__) - {"data_options"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sede=7", "no such field; did you mean seed"),
        ("seed=x", "expected a number"),
        ("seed=-1", "seed is -1"),
        ("seed=1.5", "whole"),
        ("epochs=", "number"),
        ("sizes=2", "expected the widths"),
        ("sizes=2,,2", "commas"),
        ("sizes=2,0,2", "at least 1"),
        ("activations=rely", "rely"),
        ("loss=msee", "msee"),
        ("optimizer=adamm", "adamm"),
        ("initializer=he,2", "gaussian,1.5"),
        ("learning_rate=nan", "finite"),
        ("learning_rate=-1", "at least 0"),
        ("data=moon", "moons"),
        ("features=x_9", "x_9"),
        ("batch_size=0", "at least 1"),
    ],
)
def test_a_wrong_field_is_one_line(text, words):
    with pytest.raises(UnfoldError, match="A recipe can't have ") as error:
        RECIPE.with_fields(dict([text.split("=", 1)]))
    assert words in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_set_counts_for_the_recipe_of_a_film(tmp_path, monkeypatch, studio):
    class Film(Stage):
        recipe = RECIPE

    bring(monkeypatch, set="sizes=2,5,2 'epochs=7'")
    shown = Film().trained(Film().recipe)
    assert len(shown.history.loss) == 8
    assert shown.network.layers[0].n_out == 5
    assert Film.recipe == RECIPE


@pytest.mark.parametrize(
    ("attributes", "given", "words"),
    [
        ({}, {"set": "epochs=7"}, "no recipe: of the fields of --set it takes none"),
        ({"seed": 3}, {"set": "epochs=7"}, "it takes only seed"),
        ({"seed": 3}, {"set": "seed=x"}, "expected a number"),
        ({"recipe": RECIPE}, {"set": "epoch=7"}, "did you mean epochs"),
        ({"recipe": RECIPE, "accepts": "it is about moons"}, {"data": True}, "own.csv: it is about moons"),
        ({"recipe": RECIPE}, {"network": True}, "own.npz: it takes no network"),
    ],
)
def test_a_film_refuses_what_it_would_leave_out(table, own_network, monkeypatch, studio, attributes, given, words):
    files = {"data": table(), "network": own_network()[1]}
    bring(monkeypatch, **{name: files[name] if value is True else value for name, value in given.items()})
    film = type("Film", (Stage,), attributes)
    with pytest.raises(UnfoldError, match=words) as error:
        film()
    assert len(str(error.value).splitlines()) == 1


def test_a_film_without_a_recipe_takes_a_seed(monkeypatch, studio):
    bring(monkeypatch, set="seed=7")
    assert type("Film", (Stage,), {"seed": 3})().seed == 7


# The cache


def test_the_cache_knows_the_data(tmp_path, table, monkeypatch, trainings):
    path = table()
    bring(monkeypatch, data=path)
    first = subject(RECIPE, tmp_path / "cache")
    subject(RECIPE, tmp_path / "cache")
    assert len(trainings) == 1
    text = path.read_text()
    changes = [
        text.replace("1990", "1991", 1) if "1990" in text else text.replace("19", "18", 1),
        text.replace("low", "zow"),  # the classes in another order
        text.replace("year", "date"),  # names are shown
    ]
    for number, change in enumerate(changes, start=2):
        path.write_text(change)
        again = subject(RECIPE, tmp_path / "cache")
        assert len(trainings) == number
        assert again.file != first.file


def own(function, slope, name="own"):
    return Activation.of(name, function, slope)


def test_own_functions_count_by_what_they_compute():
    def key(**changes):
        return replace(RECIPE, **changes).key()

    cube = own(lambda z: z**3, lambda z: 3 * z**2)
    assert key(activations=cube) == key(activations=own(lambda x: np.power(x, 3), lambda x: x**2 * 3, "other"))
    assert key(activations=cube) != key(activations=own(lambda z: z**5, lambda z: 5 * z**4))
    assert key(activations=cube) != key(activations=own(lambda z: z**3, lambda z: 2 * z**2))
    assert key(activations=(cube, "identity")) == key(activations=(own(lambda z: z**3, lambda z: 3 * z**2), "identity"))
    assert key(optimizer=Adam(0.1)) == key(optimizer=Adam(0.1))
    assert len({key(optimizer=kind) for kind in (Adam(0.1), Adam(0.2), Momentum(0.1), "adam")}) == 4
    assert key(loss=LOSSES["mse"]) == key(loss=replace(LOSSES["mse"], name="own"))
    assert key(loss=LOSSES["mse"]) != key(loss=LOSSES["cross_entropy"])
    assert key(learning_rate=lambda step: 0.1 / (1 + step)) == key(learning_rate=lambda n: 0.1 / (n + 1))
    assert key(learning_rate=lambda step: 0.1) != key(learning_rate=lambda step: 0.2)


def test_own_functions_train(tmp_path, trainings):
    own_recipe = replace(
        RECIPE, activations=own(np.arctan, lambda z: 1 / (1 + z**2)), optimizer=Adam(0.05), loss=LOSSES["cross_entropy"]
    )
    first = training.train(own_recipe, tmp_path)
    again = training.train(replace(own_recipe, activations=own(np.arctan, lambda z: 1 / (1 + z**2))), tmp_path)
    assert len(trainings) == 1
    np.testing.assert_array_equal(first.network.predict(first.X), again.network.predict(first.X))


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "lib"
    (folder / "sub").mkdir(parents=True)
    files = {
        "__init__.py": "",
        "a.py": '"""A."""\nfrom lib.sub.b import f\n\n\ndef g(x):\n    """Double."""\n    return 2 * f(x)\n',
        "sub/__init__.py": "",
        "sub/b.py": "import lib.c\n\ndef f(x):\n    return lib.c.N + x\n",
        "c.py": "N = 1\n",
        "d.py": "M = 1\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("file", "text", "other"),
    [
        ("a.py", '"""Another."""\nfrom lib.sub.b import f\n\ndef g( x ):  # twice\n    return 2*f(x)\n', False),
        ("a.py", '"""A."""\nfrom lib.sub.b import f\n\n\ndef g(x):\n    return 3 * f(x)\n', True),
        ("sub/b.py", "import lib.c\n\ndef f(x):\n    return lib.c.N - x\n", True),
        ("c.py", 'N = 1\n"""The first number."""\n', False),
        ("c.py", "N = 2\n", True),
        ("d.py", "M = 2\n", False),  # nobody imports it
    ],
)
def test_only_what_code_means_is_in_its_fingerprint(package, file, text, other):
    before = code_fingerprint(["a"], package)
    (package / file).write_text(text)
    assert (code_fingerprint(["a"], package) != before) is other


def test_json_networks_are_taken_too(tmp_path, monkeypatch):
    layers = [
        {"weight": [[1.0, 0.0], [0.0, 1.0]], "bias": [0.0, 0.5], "activation": "relu"},
        {"weight": [[1.0, -1.0]], "bias": [0.1], "activation": "sigmoid"},
    ]
    path = tmp_path / "own.json"
    path.write_text(json.dumps({"layers": layers}))
    bring(monkeypatch, network=path)
    assert subject(RECIPE, tmp_path).network.n_out == 1


# The plane


@pytest.fixture
def of_three(tmp_path, own_network, monkeypatch):
    rng = np.random.default_rng(0)
    rows = [
        f"{20 + 9 * a:.4f},{7 * b:.4f},{50000 + 9000 * c:.2f},{'ab'[int(a > 0)]}"
        for a, b, c in rng.normal(size=(40, 3))
    ]
    (tmp_path / "three.csv").write_text("\n".join(["age,size,income,kind", *rows]))
    bring(monkeypatch, data=tmp_path / "three.csv", network=own_network((3, 4, 2))[1])
    return subject(RECIPE, tmp_path / "cache")


@pytest.mark.parametrize("text", ["income, age", "2,0", "income,0"])
def test_two_features_are_chosen_by_name_or_number(of_three, text):
    pair = chosen_pair(of_three, text)
    assert pair == (2, 0)
    plane = InputPlane.of(of_three, pair)
    assert plane.names == ("income", "age")
    own = of_three.scaling.invert(of_three.X)
    np.testing.assert_allclose(plane.scaling.invert(plane.X), own[:, [2, 0]])  # what the axes say
    np.testing.assert_allclose(
        plane.network.logits(plane.X), of_three.network.logits(of_three.X * [1, 0, 1]), atol=1e-9
    )


@pytest.mark.parametrize("text", ["income", "income,income", "income,agee", "0,3", "0,1,2", ","])
def test_other_features_are_one_line(of_three, text):
    with pytest.raises(UnfoldError, match=r"expected two different ones.*age, size, income") as error:
        chosen_pair(of_three, text)
    assert len(str(error.value).splitlines()) == 1


def test_a_guessed_order_of_classes_is_told_in_one_line(of_three, tmp_path, table, own_network, monkeypatch):
    assert "0 is 'a', 1 is 'b'" in of_three.guessed
    bring(monkeypatch, data=table(("low", "high")), network=own_network(classes=("low", "high"))[1])
    assert not subject(RECIPE, tmp_path / "cache").guessed
    bring(monkeypatch, data=table(("0", "1"), name="numbers.csv"), network=own_network()[1])
    assert not subject(RECIPE, tmp_path / "cache").guessed
