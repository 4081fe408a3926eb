"""The film your_network: for networks of any shape, what it shows and says is what the network computes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

from nn_core.geometry import linear_regions
from nn_core.network import Network
from nn_core.storage import save
from nn_core.training import fit
from nn_unfold.cli import fits as fits_command
from nn_unfold.cli.main import _run
from nn_unfold.model.plane import InputPlane
from nn_unfold.model.subject import Shape, Subject
from nn_unfold.space.base import in_space
from nn_unfold.space.heat import HeatPlane
from nn_unfold.space.landscape import Landscape
from nn_unfold.stage.layout import findings
from scenes.your_network import YourNetwork, chapters

# What the sheet and its points are after each beat of the default film.
SHOWN = ("x", "x", "z1", "a1", "x", "axes", "x", "x", "x")


def bring(folder, monkeypatch, sizes, activations="relu", *, seed=0, n=90, data=True, real=False, names=(), loss=None):
    """A saved network and a table of its data, given to the film as options. Its answers are not all right."""
    rng = np.random.default_rng(seed)
    start = Network.create(list(sizes), activations, rng=rng)
    X = rng.normal(size=(n, sizes[0])) * np.geomspace(5, 1, sizes[0]) + 10
    y = np.sin(X[:, 0]) + X[:, 1] if real else np.arange(n) % max(sizes[-1], 2)
    if not real:
        X[:, 0] += 6 * y
    loss = loss or ("mse" if real else "binary_cross_entropy" if sizes[-1] == 1 else "cross_entropy")
    network = fit(start, X, y[:, None] if real else y, loss=loss, epochs=30, rng=rng).network
    save(network, folder / "own.npz")
    monkeypatch.setenv("UNFOLD_NETWORK", str(folder / "own.npz"))
    if data:
        names = list(names) or [f"feature {i}" for i in range(sizes[0])]
        words = [f"{value:.17g}" for value in y] if real else [f"class {label}" for label in y]
        rows = [",".join([*(f"{value:.17g}" for value in row), word]) for row, word in zip(X, words, strict=True)]
        (folder / "own.csv").write_text("\n".join([",".join([*names, "answer"]), *rows]), encoding="utf-8")
        monkeypatch.setenv("UNFOLD_DATA", str(folder / "own.csv"))
        monkeypatch.setenv("UNFOLD_LABEL", "answer")
    return network, X, y


class Seen:
    """What a film showed and said: for each beat where its sheet and cloud were, and what was wrong on the screen."""

    def __init__(self, play):
        self.places, self.flaws = [], []
        self.stage = play(YourNetwork, self.look)
        self.said = {beat.message: beat.values for beat in self.stage.told}

    def look(self, stage):
        parts = (stage.sheet.faces, stage.sheet.grid, stage.sheet.outline, stage.cloud)
        self.places.append([(part.origin.copy(), part.points.copy()) for part in parts])
        self.flaws += [f"{stage.beats[-1]}: {line}" for line in findings(stage)]

    def part(self, kind):
        """The last part of the screen of this kind."""
        family = [part for mobject in self.stage.mobjects for part in mobject.get_family() if isinstance(part, kind)]
        return family[-1]

    def value(self, name):
        """What the film says by this name, the first time."""
        return next(values[name] for values in self.said.values() if name in values)


def test_the_default_film_shows_what_its_network_computes(play):
    seen = Seen(play)
    stage = seen.stage
    network = stage.plane.network
    values = network.forward(stage.plane.X).a[1]
    for space, parts in zip(SHOWN, seen.places, strict=True):
        for origin, points in parts[:3] if space == "axes" else parts:
            trace = network.forward(origin)
            if space == "axes":  # an orthogonal projection: what is seen has the variance of the largest axes
                hidden = trace.a[1] - values.mean(axis=0)
                _, _, axes = np.linalg.svd(values - values.mean(axis=0))
                np.testing.assert_allclose(np.abs(points[:, :2]), np.abs(hidden @ axes[:2].T), atol=1e-8)
                continue
            expected = {"x": origin, "z1": trace.z[0], "a1": trace.a[0]}[space]
            np.testing.assert_allclose(points, in_space(expected), rtol=0, atol=1e-9, err_msg=space)
    assert not seen.flaws
    assert not stage.findings
    assert 40 <= stage.clock <= 90


@pytest.mark.parametrize(
    ("sizes", "activations", "options"),
    [
        ((2, 3, 2), "relu", {}),
        ((2, 16, 16, 1), "tanh", {}),
        ((4, 8, 3), "relu", {}),
        ((2, 8, 1), "relu", {"real": True}),
        ((3, 5, 1), "tanh", {"real": True}),
        ((2, 4), "identity", {}),
        ((2, 1), "sigmoid", {}),
        ((2, 3, 2, 3, 1, 2, 3, 3, 2), "tanh", {}),
        ((5, 3, 3, 3, 3, 4), "leaky_relu", {}),
        ((2, 6, 2, 3), "hard_tanh", {}),
        ((2, 3, 2), "relu", {"data": False}),
        ((2, 30, 20, 12, 5, 40, 4), "relu", {"n": 40}),
    ],
    ids=lambda value: "-".join(map(str, value)) if isinstance(value, tuple) else None,
)
def test_networks_of_any_shape_are_shown_as_they_are(tmp_path, monkeypatch, play, sizes, activations, options):
    network, X, y = bring(tmp_path, monkeypatch, sizes, activations, **options)
    seen = Seen(play)
    stage = seen.stage
    assert 40 <= stage.clock <= 90
    assert not seen.flaws
    assert not stage.findings
    # The network on the plane is the one that was brought, at the points of the plane in the data's own units.
    U = np.random.default_rng(1).uniform(-2, 2, size=(50, 2))
    inputs = stage.plane.inputs(U)
    own = inputs if stage.shown.scaling is None else stage.shown.scaling.invert(inputs)
    expected = network.forward(own).output
    np.testing.assert_allclose(stage.plane.network.forward(U).output, expected, rtol=1e-7, atol=1e-9)
    # The sheet is at home at the end, and its points where they are.
    for origin, points in seen.places[-1][:3]:
        np.testing.assert_allclose(points, in_space(origin), atol=1e-12)
    if options.get("real"):
        surface = seen.part(Landscape)
        np.testing.assert_allclose(surface.values(U)[:, 0], expected[:, 0], rtol=1e-7, atol=1e-9)
    else:
        heat = seen.part(HeatPlane)
        shown = heat.values if heat.values.ndim == 3 else heat.values[..., None] > 0
        labels = shown.argmax(axis=2) if heat.values.ndim == 3 else shown[..., 0].astype(int)
        at = stage.plane.inputs(heat.pixels)
        at = at if stage.shown.scaling is None else stage.shown.scaling.invert(at)
        assert (labels.ravel() == network.predict(at)).mean() > 0.999
        if options.get("data", True):
            right = int((network.predict(X) == y).sum())
            assert any(f"{right}" in str(beat) or "all right" in str(beat) for beat in stage.told[:3])
            assert ("all right" in " ".join(map(str, stage.told[:3]))) == (right == len(y))


@pytest.mark.parametrize(
    ("sizes", "real"), [((2, 3, 2), False), ((2, 8, 3), False), ((4, 6, 3, 2), False), ((2, 2, 1), True)]
)
def test_layers_that_are_dead_everywhere_are_shown_too(tmp_path, monkeypatch, play, sizes, real):
    network, _, _ = bring(tmp_path, monkeypatch, sizes, real=real)
    for layer in network.layers[:-1]:
        layer.bias[:] = -1000.0
    save(network, tmp_path / "own.npz")
    seen = Seen(play)
    assert not seen.flaws
    assert not seen.stage.findings
    assert 40 <= seen.stage.clock <= 90
    if not real:
        assert any("to one class" in beat for beat in seen.stage.beats)


def test_regions_are_counted(tmp_path, monkeypatch, play):
    bring(tmp_path, monkeypatch, (4, 8, 3))
    seen = Seen(play)
    sheet = seen.stage.sheet
    cells = linear_regions(seen.stage.plane.network, sheet.box)
    assert seen.value("pieces") == f"{len({cell.pattern.tobytes() for cell in cells}):,}"


def test_a_slice_says_where_its_answer_is_another(tmp_path, monkeypatch, play):
    network, X, _ = bring(tmp_path, monkeypatch, (4, 8, 3))
    seen = Seen(play)
    standard = (X - X.mean(axis=0)) / X.std(axis=0)
    _, spreads, axes = np.linalg.svd(standard, full_matrices=False)
    on_plane = standard @ axes[:2].T @ axes[:2] * X.std(axis=0) + X.mean(axis=0)
    assert seen.value("share") == round(100 * float((spreads[:2] ** 2).sum() / (spreads**2).sum()))
    assert seen.value("off") == int((network.predict(on_plane) != network.predict(X)).sum())


def test_two_features_can_span_the_plane(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 4))
    network = Network.create([4, 5, 1], "relu", rng=rng)
    subject = Subject(network, X, network.predict(X), names=("a", "b", "c", "d"))
    plane = InputPlane.of(subject, (2, 0))
    assert plane.names == ("c", "a")
    np.testing.assert_allclose(plane.X, X[:, [2, 0]], atol=1e-12)
    lifted = plane.inputs(plane.X)
    np.testing.assert_allclose(lifted[:, [1, 3]], np.tile(X.mean(axis=0)[[1, 3]], (50, 1)), atol=1e-12)
    np.testing.assert_allclose(plane.network.forward(plane.X).output, network.forward(lifted).output, atol=1e-12)
    assert plane.off == int((network.predict(lifted) != network.predict(X)).sum())
    with pytest.raises(ValueError, match="two different ones"):
        InputPlane.of(subject, (1, 1))


@pytest.mark.parametrize("count", [1, 2, 4, 5, 9])
def test_every_layer_has_its_chapter(count):
    runs = chapters(count)
    assert [k for run in runs for k in run] == list(range(count))
    assert len(runs) <= 4


# The commands


def test_fits_says_which_films_take_a_network(tmp_path, monkeypatch):
    bring(tmp_path, monkeypatch, (4, 8, 3))
    for name in ("UNFOLD_NETWORK", "UNFOLD_DATA", "UNFOLD_LABEL"):
        monkeypatch.delenv(name)
    scenes = tmp_path / "scenes"
    scenes.mkdir()
    for name, accepts in (("takes_all", "Shape(inputs=None)"), ("takes_two", "Shape(inputs=2)")):
        title = name.title().replace("_", "")
        (scenes / f"{name}.py").write_text(
            "from nn_unfold import Recipe, Shape, Stage\n"
            f"class {title}(Stage):\n    accepts = {accepts}\n"
            "    recipe = Recipe('moons', (2, 2), 'relu')\n    def construct(self): pass\n"
        )
    (scenes / "torn.py").write_text("from nn_unfold import Stage\nraise ValueError('torn')\nclass Torn(Stage):\n"
                                    "    def construct(self): pass\n")  # fmt: skip
    monkeypatch.chdir(tmp_path)

    def fits(*options):
        run = CliRunner().invoke(fits_command.command, ["own.npz", "--json", *options])
        assert run.exit_code == 0, run.output
        return {film["name"]: film for film in json.loads(run.stdout)["films"]}

    with_data = fits("--data", "own.csv", "--label", "answer")
    assert with_data["your_network"]["fits"]
    assert with_data["takes_all"]["fits"]
    assert with_data["takes_two"]["reason"] == "it has 4 inputs, and 2 are wanted"
    assert with_data["torn"]["reason"] == "its file can't be loaded (ValueError: torn)"
    assert with_data["activations"]["reason"] == "it shows functions, no network"
    monkeypatch.delenv("UNFOLD_DATA", raising=False)
    alone = fits()
    assert not alone["takes_all"]["fits"]
    assert "give data as well" in alone["takes_all"]["reason"]


@pytest.mark.parametrize("command", ["fits", "show"])
@pytest.mark.parametrize("content", [b"", b"no network", b"PK\x03\x04 torn"])
def test_a_file_that_is_no_network_is_one_line(tmp_path, monkeypatch, command, content):
    monkeypatch.setenv("UNFOLD_NETWORK", "")
    (tmp_path / "own.npz").write_bytes(content)
    options = ["--still", "-q", "l", "--media-dir", str(tmp_path)] if command == "show" else []
    status, message = _run([command, str(tmp_path / "own.npz"), *options])
    assert status == 1
    if command == "fits":
        assert message.startswith("The network can't be taken: ")
        assert len(message.splitlines()) == 1


def test_a_range_of_inputs_is_named_by_its_ends():
    network = Network.create([1, 2], "relu", rng=np.random.default_rng(0))
    assert Shape(inputs=range(2, 10_001)).fits(network) == "it has 1 input, and 2 to 10000 are wanted"
