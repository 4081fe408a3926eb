"""What a network does to the plane, exactly: creases, linear regions, boundaries, envelopes, meshes, and boxes."""

from nn_core.geometry.boundary import Boundary, decision_boundary
from nn_core.geometry.box import (
    Box,
    box_around,
    box_corners,
    checked_box,
    grid_points,
    in_box,
    longer_side,
    pixel_middles,
    round_box,
    round_step,
)
from nn_core.geometry.breakpoints import breakpoints
from nn_core.geometry.levels import level_lines
from nn_core.geometry.lines import Crease, creases, polylines, pull_back
from nn_core.geometry.mesh import Mesh, adaptive_mesh, refined, sheet_mesh
from nn_core.geometry.pieces import ClassPieces, class_pieces, curved_pieces
from nn_core.geometry.regions import Cell, Cells, Region, class_regions, linear_regions, upper_envelope
from nn_core.geometry.separation import linearly_separable
from nn_core.geometry.solids import WinningPlane, plane_in_box, winning_planes

__all__ = [
    "Boundary",
    "Box",
    "Cell",
    "Cells",
    "ClassPieces",
    "Crease",
    "Mesh",
    "Region",
    "WinningPlane",
    "adaptive_mesh",
    "box_around",
    "box_corners",
    "breakpoints",
    "checked_box",
    "class_pieces",
    "class_regions",
    "creases",
    "curved_pieces",
    "decision_boundary",
    "grid_points",
    "in_box",
    "level_lines",
    "linear_regions",
    "linearly_separable",
    "longer_side",
    "pixel_middles",
    "plane_in_box",
    "polylines",
    "pull_back",
    "refined",
    "round_box",
    "round_step",
    "sheet_mesh",
    "upper_envelope",
    "winning_planes",
]
