from .colours import rgb as rgb
from .engine.scene import SpatialScene as SpatialScene
from .errors import UnfoldError as UnfoldError
from .flat.bars import Bars as Bars
from .flat.diagram import NetworkDiagram as NetworkDiagram
from .flat.heat_map import HeatMap as HeatMap
from .flat.plots import FunctionPlot as FunctionPlot, LossCurve as LossCurve, Plot as Plot
from .flat.table import Table as Table, Tags as Tags
from .flat.thumbnails import DataThumbnails as DataThumbnails
from .model.recipe import DIGIT_READER as DIGIT_READER, Recipe as Recipe
from .model.subject import Shape as Shape, Subject as Subject, Trained as Trained
from .motion.flows import (
    ActivationFlow as ActivationFlow,
    AffineFlow as AffineFlow,
    Draw as Draw,
    Flow as Flow,
    Morph as Morph,
    Passage as Passage,
)
from .motion.follow import Follow as Follow
from .motion.learning import Accuracy as Accuracy, Learning as Learning, Metric as Metric, SurfaceError as SurfaceError
from .motion.steps import Roll as Roll, Wander as Wander
from .motion.surfaces import Anneal as Anneal, Bend as Bend, Rise as Rise, rise as rise
from .space.axes import Axes as Axes
from .space.base import SpatialGroup as SpatialGroup
from .space.cuts import DecisionPlanes as DecisionPlanes
from .space.curves import NetworkCurve as NetworkCurve, function_curve as function_curve
from .space.graph import GraphEdges as GraphEdges
from .space.heat import HeatPlane as HeatPlane
from .space.landscape import Landscape as Landscape
from .space.picture import Picture as Picture, PictureCloud as PictureCloud
from .space.primitives import Cloud as Cloud, Faces as Faces, Segments as Segments, polygon as polygon
from .space.linear import LinearRegions as LinearRegions
from .space.probe import Probe as Probe
from .space.regions import BeyondData as BeyondData, Regions as Regions
from .space.residuals import Residuals as Residuals
from .space.response import (
    DecisionBoundary as DecisionBoundary,
    Response as Response,
    WeightArrow as WeightArrow,
    Hyperplanes as Hyperplanes,
)
from .space.sheet import Lattice as Lattice, Sheet as Sheet
from .space.trails import LevelLines as LevelLines, Trail as Trail
from .stage.stage import Stage as Stage
from .stage.view import Panel as Panel, TOP as TOP
from .stage.words import (
    bends as bends,
    formula_of as formula_of,
    number as number,
    of_points as of_points,
    title_of as title_of,
    verbs_of as verbs_of,
)
from .text.formulas import formula as formula
from .text.labels import label as label, stack as stack
from .text.numbers import LiveAffine as LiveAffine, LiveMatrix as LiveMatrix, LiveNumber as LiveNumber
from .space.primitives import Box as Box
from .space.primitives import bold_lines as bold_lines
from .stage.view import rows_of_pixels as rows_of_pixels
from .text.numbers import MINUS as MINUS
from .text.numbers import rounded_down as rounded_down
from .motion.learning import Carried as Carried
from .space.base import destinations as destinations
from .space.base import in_space as in_space
from .space.base import spatial_parts as spatial_parts
from .flat.table import Reading as Reading
from .motion.extrapolation import ExtrapolationPanel as ExtrapolationPanel
from .space.targets import share_above as share_above
from .stage.view import Area as Area
from .text.labels import anchored as anchored
from .model.plane import InputPlane as InputPlane
from .space.neurons import ZeroLines as ZeroLines
from .space.ticks import tick_text as tick_text
from .flat.legend import ClassLegend as ClassLegend
from .flat.pixels import PixelGallery as PixelGallery, Pixels as Pixels, full_at as full_at
from .flat.rows import RowBars as RowBars
from .flat.tally import Tally as Tally
from .out.shown import show as show
from .motion.unroll import GLOBE as GLOBE
from .motion.unroll import Rolled as Rolled
from .motion.unroll import Unroll as Unroll
from .space.globe import Globe as Globe
from .space.solid import Solid as Solid
from .space.solid import cube as cube
from .out.notebook import show_film as show_film, show_page as show_page, show_still as show_still
