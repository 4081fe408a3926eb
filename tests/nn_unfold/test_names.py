"""The public names of the vocabulary are a promise: films of others import them."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import nn_unfold

ROOT = Path(__file__).resolve().parents[2]

NAMES = [
    "Accuracy",
    "ActivationFlow",
    "AffineFlow",
    "Anneal",
    "Area",
    "Axes",
    "Bars",
    "Bend",
    "BeyondData",
    "Box",
    "Carried",
    "ClassLegend",
    "Cloud",
    "DIGIT_READER",
    "DataThumbnails",
    "DecisionBoundary",
    "DecisionPlanes",
    "Draw",
    "ExtrapolationPanel",
    "Faces",
    "Flow",
    "Follow",
    "FunctionPlot",
    "GLOBE",
    "Globe",
    "GraphEdges",
    "HeatMap",
    "HeatPlane",
    "Hyperplanes",
    "InputPlane",
    "Landscape",
    "Lattice",
    "Learning",
    "LevelLines",
    "LinearRegions",
    "LiveAffine",
    "LiveMatrix",
    "LiveNumber",
    "LossCurve",
    "MINUS",
    "Metric",
    "Morph",
    "NetworkCurve",
    "NetworkDiagram",
    "Panel",
    "Passage",
    "Picture",
    "PictureCloud",
    "PixelGallery",
    "Pixels",
    "Plot",
    "Probe",
    "Reading",
    "Recipe",
    "Regions",
    "Residuals",
    "Response",
    "Rise",
    "Roll",
    "Rolled",
    "RowBars",
    "Segments",
    "Shape",
    "Sheet",
    "Solid",
    "SpatialGroup",
    "SpatialScene",
    "Stage",
    "Subject",
    "SurfaceError",
    "TOP",
    "Table",
    "Tags",
    "Tally",
    "Trail",
    "Trained",
    "UnfoldError",
    "Unroll",
    "Wander",
    "WeightArrow",
    "ZeroLines",
    "anchored",
    "bends",
    "bold_lines",
    "cube",
    "destinations",
    "formula",
    "formula_of",
    "full_at",
    "function_curve",
    "in_space",
    "label",
    "number",
    "of_points",
    "polygon",
    "rgb",
    "rise",
    "rounded_down",
    "rows_of_pixels",
    "share_above",
    "show",
    "show_film",
    "show_page",
    "show_still",
    "spatial_parts",
    "stack",
    "tick_text",
    "title_of",
    "verbs_of",
]


def test_the_public_names_are_these():
    """A name that is missing here breaks films of others. A new one is a promise: add it here with care."""
    assert sorted(nn_unfold.__all__) == NAMES
    assert set(NAMES) <= set(dir(nn_unfold))


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_there_and_says_what_it_is(name):
    value = getattr(nn_unfold, name)
    if inspect.isclass(value) or inspect.isroutine(value):
        assert (value.__doc__ or "").strip()[0].isupper() or value.__doc__.startswith("`")


def test_what_is_not_a_public_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        getattr(nn_unfold, "no_such_name")  # noqa: B009


def test_importing_the_package_imports_neither_manim_nor_numpy():
    program = "import nn_unfold, sys; print(*sorted({'manim', 'numpy', 'scipy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("film", sorted((ROOT / "scenes").glob("*.py")), ids=lambda path: path.stem)
def test_a_film_imports_from_the_front_and_from_at_most_one_room(film):
    modules = [
        node.module
        for node in ast.walk(ast.parse(film.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "nn_unfold"
    ]
    assert modules.count("nn_unfold") == 1
    assert len(modules) <= 2
