"""What a network does to the plane, exactly: creases, linear regions, boundaries, envelopes and meshes."""

from nn_core.geometry.boundary import Boundary, decision_boundary
from nn_core.geometry.levels import level_lines
from nn_core.geometry.lines import Crease, creases, polylines, pull_back
from nn_core.geometry.mesh import Mesh, adaptive_mesh, refined, sheet_mesh
from nn_core.geometry.regions import Cell, Cells, Region, class_regions, linear_regions, upper_envelope
from nn_core.geometry.separation import linearly_separable

__all__ = [
    "Boundary",
    "Cell",
    "Cells",
    "Crease",
    "Mesh",
    "Region",
    "adaptive_mesh",
    "class_regions",
    "creases",
    "decision_boundary",
    "level_lines",
    "linear_regions",
    "linearly_separable",
    "polylines",
    "pull_back",
    "refined",
    "sheet_mesh",
    "upper_envelope",
]
