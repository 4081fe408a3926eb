"""The baselines of frames: a wrong crease fails, the noise of a rasteriser does not."""

from __future__ import annotations

import numpy as np
import pytest
from manim import config
from PIL import Image

from nn_unfold.engine import camera as camera_module
from nn_unfold.engine.camera import StageCamera
from nn_unfold.space.sheet import Sheet
from scenes.relu_fold import ReluFold


@pytest.fixture(scope="module")
def stray(play, picture, differing):
    """How many pixels each disturbance puts outside the tolerance, in the last frame of each beat."""
    counts: dict[str, list[int]] = {}

    def disturb(stage):
        before = picture(stage)

        def count(name):
            counts.setdefault(name, []).append(int(differing(before, picture(stage)).sum()))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(camera_module, "samples_at", lambda height: 4)
            count("samples")
        projection = StageCamera.projection
        for pixels in ((1 / 16, 1 / 16), (-1 / 16, 1 / 16)):
            shifted = np.eye(4)
            shifted[:2, 3] = np.divide(pixels, (config.pixel_width / 2, config.pixel_height / 2))
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(StageCamera, "projection", lambda camera, m=shifted: m @ projection(camera))
                count("rounding")
        sheet = next(p for mobject in stage.mobjects for p in mobject.get_family() if isinstance(p, Sheet))
        pixel = config.frame_width / config.pixel_width / stage.camera.get_zoom()
        sheet.creases.shift([pixel, 0, 0])
        count("crease")
        sheet.creases.shift([-pixel, 0, 0])

    play(ReluFold, disturb)
    return counts


def test_other_samples_per_pixel_pass(stray, snapshot):
    assert max(stray["samples"]) <= snapshot.tolerated


def test_places_rounded_otherwise_pass(stray, snapshot):
    # OpenGL promises four bits below the pixel for the place of a vertex.
    assert max(stray["rounding"]) <= snapshot.tolerated


def test_a_crease_one_pixel_off_fails(stray, snapshot):
    # The creases are drawn in the fourth beat.
    assert max(stray["crease"][:3]) == 0
    assert min(stray["crease"][3:]) > 2 * snapshot.tolerated


def test_a_frame_of_another_size_fails(differing):
    assert differing(np.zeros((4, 4, 3)), np.zeros((5, 4, 3))).all()


@pytest.fixture
def elsewhere(snapshot, tmp_path, monkeypatch):
    """The harness with folders of its own."""
    module = type(snapshot).__call__.__globals__
    monkeypatch.setitem(module, "SNAPSHOTS", tmp_path / "snapshots")
    monkeypatch.setitem(module, "FAILED", tmp_path / "failed")
    snapshot.asked = set()
    return snapshot


def test_a_baseline_is_written_only_when_asked_for_and_a_failure_leaves_pictures(elsewhere, tmp_path):
    frame = np.random.default_rng(0).integers(0, 256, (27, 48, 3)).astype(np.uint8)
    elsewhere.update = False
    with pytest.raises(pytest.fail.Exception, match="no baseline"):
        elsewhere(frame, "noise")
    elsewhere.update, elsewhere.asked = True, set()
    elsewhere(frame, "noise")
    elsewhere.update, elsewhere.asked = False, set()
    elsewhere(frame, "noise")
    with pytest.raises(AssertionError, match="two tests"):
        elsewhere(frame, "noise")
    elsewhere.asked = set()
    with pytest.raises(pytest.fail.Exception, match=r"pixels of snapshots-noise\.png differ"):
        elsewhere(255 - frame, "noise")
    left = {path.name for path in (tmp_path / "failed" / "snapshots-noise").iterdir()}
    assert left == {"expected.png", "actual.png", "difference.png"}
    with Image.open(tmp_path / "failed" / "snapshots-noise" / "actual.png") as actual:
        np.testing.assert_array_equal(np.asarray(actual), 255 - frame)
