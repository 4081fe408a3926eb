"""A scene of Manim in which mobjects in space are painted with true depth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import Any, cast

from manim import Animation, AnimationGroup, Mobject, RendererType, ThreeDScene, VMobject, config
from manim.renderer.cairo_renderer import CairoRenderer
from manim.utils.parameter_parsing import flatten_iterable_parameters
from threadpoolctl import threadpool_limits

from nn_unfold.engine.camera import SpatialCamera, is_in_space
from nn_unfold.engine.door import stopped_by, told_by_manim
from nn_unfold.engine.files import NotWritten
from nn_unfold.engine.renderer import SpatialRenderer
from nn_unfold.engine.studio import check_output_folder, use_project_settings
from nn_unfold.engine.writer import WholeFileWriter
from nn_unfold.errors import UnfoldError


class SpatialScene(ThreeDScene):
    """A ThreeDScene of Manim that also paints sheets, clouds, axes and all else that lives in space.

    Take it in place of ThreeDScene. Manim's own mobjects look as they do there, and lie above what is in space. Titles
    stand still with `add_fixed_in_frame_mobjects`. Beats, captions and camera direction are for a Stage.

    Args:
        renderer: None, or a SpatialRenderer.
        camera_class: a SpatialCamera.
        skip_animations: whether animations are at their end at once, without a picture.
        options: all else that Manim gives a ThreeDScene.

    Raises:
        UnfoldError: for Manim's OpenGL renderer, or another renderer or camera that can't paint what lives in space.

    Attributes:
        clock: seconds of film so far, the same whether played or skipped.

    >>> from nn_unfold import Sheet, SpatialScene
    >>> class Plane(SpatialScene):
    ...     def construct(self):
    ...         self.set_camera_orientation(phi=1.0)
    ...         self.add(Sheet((-2, 2, -2, 2)))
    """

    camera: SpatialCamera
    renderer: SpatialRenderer

    def __init__(
        self,
        renderer: CairoRenderer | None = None,
        camera_class: type[SpatialCamera] = SpatialCamera,
        *,
        skip_animations: bool = False,
        **options: Any,
    ) -> None:
        with told_by_manim(at_once=True):
            _check_painter(type(self).__name__, renderer, camera_class)
            use_project_settings()
            check_output_folder()
            if renderer is None:
                renderer = SpatialRenderer(WholeFileWriter, camera_class, skip_animations)
        super().__init__(camera_class, renderer=renderer, skip_animations=skip_animations, **options)
        self.clock = 0.0

    def render(self, preview: bool = False) -> bool:
        """Render the film.

        Raises:
            UnfoldError: where it can't be, in one line; after Ctrl-C, what to do to go on.
        """
        name = type(self).__name__
        with told_by_manim():
            try:
                # The last bits of a product of matrices may depend on the number of threads, and the keys of the
                # segment cache on those bits.
                with threadpool_limits(limits=1, user_api="blas"):
                    return super().render(preview)
            except KeyboardInterrupt:
                raise UnfoldError(
                    f"Stopped. The finished pieces of {name} are kept: render it again to go on from there."
                ) from None
            except NotWritten as error:
                raise UnfoldError(error.told(name)) from error
            except OSError as error:
                raise UnfoldError(stopped_by(error, type(self))) from error
        return False

    def play(self, *args: Any, **kwargs: Any) -> None:
        """As in Manim, but to play nothing is nothing: no arguments, or groups of animations without any."""
        animations = [animation for animation in flatten_iterable_parameters(args) if _is_something(animation)]
        if animations:
            super().play(*animations, **kwargs)
            self.camera.hold([])
            self.clock += self.duration

    def add_sound(self, sound_file: str, time_offset: float = 0, gain: float | None = None, **kwargs: Any) -> None:
        """As in Manim, but a film has its sounds also where its segments come from the cache or from workers."""
        if self.renderer.is_in_film():
            self.renderer.file_writer.add_sound(sound_file, self.renderer.film_time() + time_offset, gain, **kwargs)

    def get_moving_mobjects(self, *animations: Animation) -> list[Mobject]:
        """What must be drawn anew in every frame: everything, if anything in space moves.

        All that lives in space is painted in one pass under all that is flat, and hides labels of axes.
        """
        moving = super().get_moving_mobjects(*animations)
        parts = {part for mobject in moving for part in mobject.get_family()}
        in_space = any(is_in_space(part) or self.camera.may_be_hidden(part) for part in parts)
        return self.mobjects if in_space or parts & self.camera.eyes(self.mobjects) else moving

    def begin_animations(self) -> None:
        """As in Manim; what is flat and stays as it is while things move in space is drawn once."""
        super().begin_animations()
        if self.updaters:
            return  # an updater of the scene may change anything
        if self.moving_mobjects and not self.static_mobjects and not self.renderer.skip_animations:
            changing = {*_driven_by(self.animations or []), *_updated(self.mobjects)}
            turning = bool(changing & self.camera.eyes(self.mobjects))

            def moves(part: Mobject) -> bool:
                return part in changing or (turning and self.camera.follows_view(part))

            flat = [part for part in self.camera.get_mobjects_to_display(self.mobjects) if isinstance(part, VMobject)]
            labels = [part for part in flat if self.camera.is_label(part) and not moves(part)]
            screen = [part for part in flat if not self.camera.follows_view(part)]
            # What lies above something that moves must be drawn after it.
            self.camera.hold([*labels, *takewhile(lambda part: not moves(part), screen)])


def _check_painter(scene: str, renderer: object, camera_class: object) -> None:
    """See that a scene can paint what lives in space.

    Raises:
        UnfoldError: where it can't.
    """
    if config.renderer == RendererType.OPENGL:
        raise UnfoldError(
            f"{scene} can't be rendered with Manim's OpenGL renderer: leave --renderer=opengl away. "
            "Unfold paints with OpenGL by itself."
        )
    if not (renderer is None or isinstance(renderer, SpatialRenderer)):
        raise UnfoldError(
            f"{scene} was given a {type(renderer).__name__}, which can't paint mobjects in space: "
            "leave `renderer` away."
        )
    if not (isinstance(camera_class, type) and issubclass(camera_class, SpatialCamera)):
        given = camera_class.__name__ if isinstance(camera_class, type) else repr(camera_class)
        raise UnfoldError(
            f"{scene} was given the camera class {given}, which can't paint mobjects in space: "
            "leave `camera_class` away, or derive it from nn_unfold.engine.camera.SpatialCamera."
        )


def _is_something(animation: object) -> bool:
    """Whether there is anything in an animation; of a group, what holds nothing is taken out."""
    if not isinstance(animation, AnimationGroup):
        return True
    some = [part for part in animation.animations if _is_something(part)]
    if len(some) < len(animation.animations):
        animation.animations = some
        animation.init_run_time(animation.run_time)
    return bool(some)


def _driven_by(animations: Iterable[Animation]) -> Iterator[Mobject]:
    """All mobjects that animations change, with their parts."""
    for animation in animations:
        yield from cast(Mobject, animation.mobject).get_family()
        if isinstance(animation, AnimationGroup):
            yield from _driven_by(animation.animations)


def _updated(mobjects: Iterable[Mobject]) -> Iterator[Mobject]:
    """All mobjects that have updaters, with their parts, which these may change."""
    for mobject in mobjects:
        if mobject.updaters:
            yield from mobject.get_family()
        else:
            yield from _updated(mobject.submobjects)
