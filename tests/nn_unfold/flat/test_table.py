"""Tables and tags: numbers in rows that match, columns that follow a network, tags that go with their points."""

from __future__ import annotations

import numpy as np
import pytest
from manim import DEGREES

from nn_core.datasets import xor_points
from nn_core.network import Layer, Network
from nn_unfold.flat.table import Reading, Table, Tags
from nn_unfold.motion.flows import AffineFlow
from nn_unfold.space.primitives import Cloud
from nn_unfold.stage.layout import findings

X, Y = xor_points()
NAMES = [f"({a:.0f}, {b:.0f})" for a, b in X]


def network(weight):
    return Network([Layer([weight], [-0.5])])


@pytest.fixture
def table():
    reading = Reading(lambda net: net.predict_proba(X)[:, 1], network([1, 2]))
    return Table({"x_1": X[:, 0], "h": X[:, 1] + 0.125, "p": reading})


def test_numbers_of_a_row_stand_on_one_line_and_columns_beside_each_other(table):
    x, h, p = table.columns.values()
    for row in range(4):
        bottoms = [column.entries[row].get_bottom()[1] for column in (x, h, p)]
        np.testing.assert_allclose(bottoms, bottoms[0], atol=0.02)
    for left, right in ((x, h), (h, p)):
        assert left.get_right()[0] < right.get_left()[0]
    assert len(x.entries[0].points) < len(h.entries[0].points)  # whole numbers have no decimals


def test_each_name_stands_above_its_column(table):
    heads = [part for part in table if hasattr(part, "typst_code")]
    for head, column in zip(heads, table.columns.values(), strict=True):
        assert head.get_bottom()[1] > column.get_top()[1]
        assert abs(head.get_center()[0] - column.get_center()[0]) < 0.1


def test_a_reading_shows_the_numbers_of_each_network_where_the_table_stands(table):
    table.shift([1, 2, 0]).scale(0.8)
    p = table.columns["p"]
    before = p.entries[1].get_center()
    p.show(network([-3, 1]))
    np.testing.assert_array_equal(p.values[:, 0], network([-3, 1]).predict_proba(X)[:, 1])
    np.testing.assert_allclose(p.entries[1].get_center(), before, atol=0.05)


def test_tags_stand_outside_of_their_points_and_go_with_them(stage):
    cloud = Cloud(X, Y)
    tags = Tags(cloud, NAMES)
    stage.look(cloud)
    stage.add(cloud, tags)
    assert not findings(stage)
    seen = {tag.words: stage.camera.transform_points_pre_display(tag, tag.points) for tag in tags}
    assert seen["(0, 0)"][:, 0].max() < stage.camera.project_points(cloud.points)[0, 0]
    turn = Layer([[np.cos(1), -np.sin(1)], [np.sin(1), np.cos(1)]], [3, 1])
    flow = AffineFlow(cloud, layer=turn)
    stage.play(flow, tags.follow(run_time=flow.run_time))
    for tag, place in zip(tags, X @ turn.weight.T + turn.bias, strict=True):
        np.testing.assert_allclose(tag.anchor[:2], place)


def test_tags_keep_up_with_their_points_all_the_way(stage):
    cloud = Cloud(X, Y)
    tags = Tags(cloud, NAMES)
    flow = AffineFlow(cloud, layer=Layer(np.eye(2), [4, 0]))
    follow = tags.follow(run_time=flow.run_time)
    for animation in (flow, follow):
        animation.begin()
    for share in (0.3, 0.6):
        for animation in (flow, follow):
            animation.interpolate(share)
        np.testing.assert_array_equal([tag.anchor for tag in tags], cloud.points)
        assert 0 < cloud.points[0, 0] < 4


def test_a_point_in_the_middle_has_a_tag_beside_it_too(stage):
    cloud = Cloud(np.array([[0.0, 0], [1, 1], [2, 2]]))
    tags = Tags(cloud, ["a", "b", "c"])
    stage.look(cloud, phi=30 * DEGREES)
    assert np.linalg.norm(tags[1].get_center()) > 0.3
