"""What Unfold relies on in Manim: every member that it overrides, and those that it reaches into.

Manim promises none of this. Where a new version has moved something, `broken` names it, and the tests of Unfold say so
at once. A member is told by its signature without types; an attribute of objects by the word `attribute`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any

ATTRIBUTE, PROPERTY = "attribute", "property"

OVERRIDDEN: Mapping[str, Mapping[str, str]] = {
    "manim.animation.animation.Animation": {
        "begin": "(self)",
        "clean_up_from_scene": "(self, scene)",
        "finish": "(self)",
        "interpolate_mobject": "(self, alpha)",
        "interpolate_submobject": "(self, submobject, starting_submobject, alpha)",
    },
    "manim.camera.camera.Camera": {
        "apply_fill": "(self, ctx, vmobject)",
        "display_multiple_vectorized_mobjects": "(self, vmobjects, pixel_array)",
        "get_cairo_context": "(self, pixel_array)",
        "init_background": "(self)",
        "set_cairo_context_path": "(self, ctx, vmobject)",
    },
    "manim.camera.three_d_camera.ThreeDCamera": {
        "capture_mobjects": "(self, mobjects, **kwargs)",
        "frame_center": PROPERTY,
        "get_focal_distance": "(self)",
        "get_mobjects_to_display": "(self, *args, **kwargs)",
        "get_rotation_matrix": "(self)",
        "modified_rgbas": "(self, vmobject, rgbas)",
        "project_points": "(self, points)",
        "reset_rotation_matrix": "(self)",
        "transform_points_pre_display": "(self, mobject, points)",
    },
    "manim.mobject.mobject.Mobject": {
        "align_points_with_larger": "(self, larger_mobject)",
        "apply_over_attr_arrays": "(self, func)",
        "fade": "(self, darkness=0.5, family=True)",
        "get_array_attrs": "(self)",
        "get_color": "(self)",
        "height": PROPERTY,
        "interpolate_color": "(self, mobject1, mobject2, alpha)",
        "show": "(self, camera=None)",
    },
    "manim.mobject.types.image_mobject.AbstractImageMobject": {
        "get_pixel_array": "(self)",
        "reset_points": "(self)",
        "set_color": "(self, color=ManimColor('#F7D96F'), alpha=None, family=True)",
    },
    "manim.mobject.types.vectorized_mobject.VMobject": {
        "get_background_image": "(self)",
        "interpolate_color": "(self, mobject1, mobject2, alpha)",
        "set_fill": "(self, color=None, opacity=None, family=True)",
        "set_stroke": "(self, color=None, width=None, opacity=None, background=False, family=True)",
    },
    "manim.renderer.cairo_renderer.CairoRenderer": {
        "add_frame": "(self, frame, num_frames=1)",
        "play": "(self, scene, *args, **kwargs)",
        "render": "(self, scene, time, moving_mobjects=None)",
        "save_static_frame_data": "(self, scene, static_mobjects)",
        "update_frame": "(self, scene, mobjects=None, include_submobjects=True, ignore_skipping=True, **kwargs)",
        "update_skipping_status": "(self)",
    },
    "manim.scene.scene.Scene": {
        "add_sound": "(self, sound_file, time_offset=0, gain=None, **kwargs)",
        "begin_animations": "(self)",
        "play": "(self, *args, subcaption=None, subcaption_duration=None, subcaption_offset=0, **kwargs)",
        "play_internal": "(self, skip_rendering=False)",
        "render": "(self, preview=False)",
        "tear_down": "(self)",
    },
    "manim.scene.scene_file_writer.SceneFileWriter": {
        "_concat_manifest_bytes": "(input_files)",
        "_create_segment_encoder": "(self, target)",
        "add_sound": "(self, sound_file, time=None, gain=None, **kwargs)",
        "close_partial_movie_stream": "(self)",
        "combine_files": "(self, input_files, output_file, create_gif=False, includes_sound=False)",
        "finish": "(self)",
        "is_already_cached": "(self, hash_invocation)",
        "join_all_encode_jobs": "(self)",
        "open_partial_movie_stream": "(self, *, animation_index, file_path=None)",
        "save_image": "(self, pixels)",
        "write_frame": "(self, pixels, *, repeat=1)",
    },
    "manim.scene.three_d_scene.ThreeDScene": {
        "get_moving_mobjects": "(self, *animations)",
    },
    "manim.scene.video_segment_encoder.VideoSegmentEncoder": {
        "_operation_error": "(self, operation, error)",
        "abort": "(self)",
        "finish": "(self)",
        "write_frame": "(self, pixels, *, repeat=1)",
    },
}
"""What classes of Unfold have in the place of members of Manim, by the class of Manim that has them."""

USED: Mapping[str, Mapping[str, str]] = {
    "manim._config.utils": {
        "config_file_paths": "()",
        "make_config_parser": "(custom_file=None)",
    },
    "manim._config.utils.ManimConfig": {
        "digest_parser": "(self, parser)",
    },
    "manim.animation.animation.Animation": {
        "mobject": ATTRIBUTE,
        "rate_func": ATTRIBUTE,
        "run_time": PROPERTY,
    },
    "manim.animation.composition.AnimationGroup": {
        "animations": ATTRIBUTE,
        "init_run_time": "(self, run_time)",
    },
    "manim.camera.camera.Camera": {
        "background_color": PROPERTY,
        "display_multiple_non_background_colored_vmobjects": "(self, vmobjects, pixel_array)",
        "frame_height": ATTRIBUTE,
        "frame_rate": ATTRIBUTE,
        "frame_width": ATTRIBUTE,
        "get_cached_cairo_context": "(self, pixel_array)",
        "pixel_array": ATTRIBUTE,
        "pixel_array_to_cairo_context": ATTRIBUTE,
        "type_or_raise": "(self, mobject)",
        "use_z_index": ATTRIBUTE,
    },
    "manim.camera.three_d_camera.ThreeDCamera": {
        "_frame_center": ATTRIBUTE,
        "fixed_in_frame_mobjects": ATTRIBUTE,
        "fixed_orientation_mobjects": ATTRIBUTE,
        "get_gamma": "(self)",
        "get_phi": "(self)",
        "get_theta": "(self)",
        "get_value_trackers": "(self)",
        "get_zoom": "(self)",
        "set_phi": "(self, value)",
        "set_theta": "(self, value)",
        "set_zoom": "(self, value)",
    },
    "manim.constants": {
        "QUALITIES": ATTRIBUTE,
    },
    "manim.manager.Manager": {
        "add_sound": "(self, sound_file, time_offset=0, gain=None, **kwargs)",
        "play": "(self, *args, subcaption=None, subcaption_duration=None, subcaption_offset=0, **kwargs)",
        "render": "(self, preview=False)",
    },
    "manim.mobject.mobject.Mobject": {
        "get_family": "(self, recurse=True)",
        "points": ATTRIBUTE,
        "submobjects": ATTRIBUTE,
        "updaters": ATTRIBUTE,
        "z_index": ATTRIBUTE,
    },
    "manim.mobject.svg.svg_mobject": {
        "SVG_HASH_TO_MOB_MAP": ATTRIBUTE,
    },
    "manim.mobject.types.image_mobject.AbstractImageMobject": {
        "__init__": (
            "(self, scale_to_resolution, pixel_array_dtype='uint8', "
            "resampling_algorithm=<Resampling.BICUBIC: 3>, **kwargs)"
        ),
    },
    "manim.mobject.text.typst_mobject.Typst": {
        "_label_aliases": ATTRIBUTE,
    },
    "manim.renderer.cairo_renderer.CairoRenderer": {
        "__init__": (
            "(self, file_writer_class=manim.scene.scene_file_writer.SceneFileWriter, camera_class=None, "
            "skip_animations=False, **kwargs)"
        ),
        "animations_hashes": ATTRIBUTE,
        "camera": ATTRIBUTE,
        "file_writer": ATTRIBUTE,
        "get_frame": "(self)",
        "skip_animations": ATTRIBUTE,
        "static_image": ATTRIBUTE,
        "time": ATTRIBUTE,
    },
    "manim.scene.scene.Scene": {
        "animations": ATTRIBUTE,
        "duration": ATTRIBUTE,
        "file_writer_settings": ATTRIBUTE,
        "is_current_animation_frozen_frame": "(self)",
        "mobjects": ATTRIBUTE,
        "moving_mobjects": ATTRIBUTE,
        "renderer": ATTRIBUTE,
        "static_mobjects": ATTRIBUTE,
        "time": PROPERTY,
        "updaters": ATTRIBUTE,
    },
    "manim.scene.scene_file_writer.SceneFileWriter": {
        "__init__": "(self, settings)",
        "movie_file_path": PROPERTY,
        "output_plan": ATTRIBUTE,
        "output_spec": ATTRIBUTE,
        "partial_movie_directory": PROPERTY,
        "partial_movie_files": ATTRIBUTE,
        "sections": ATTRIBUTE,
        "sections_output_dir": PROPERTY,
        "subcaptions": ATTRIBUTE,
        "video_encoder": ATTRIBUTE,
    },
    "manim.scene.three_d_scene.ThreeDScene": {
        "__init__": (
            "(self, camera_class=manim.camera.three_d_camera.ThreeDCamera, ambient_camera_rotation=None, "
            "default_angled_camera_orientation_kwargs=None, **kwargs)"
        ),
    },
    "manim.scene.video_segment_encoder.VideoSegmentEncoder": {
        "__init__": "(self, *, target, spec)",
        "_container": ATTRIBUTE,
        "_next_pts": ATTRIBUTE,
        "_stream": ATTRIBUTE,
        "_validate_frame": "(self, pixels, repeat)",
        "spec": ATTRIBUTE,
        "target": ATTRIBUTE,
    },
    "manim.utils.hashing": {
        "KEYS_TO_FILTER_OUT": ATTRIBUTE,
        "get_hash_from_play_call": (
            "(scene_object, camera_object, animations_list, current_mobjects_list, *, backend, "
            "encoder_fingerprint, renderer_state)"
        ),
    },
    "manim.utils.module_ops": {
        "get_module": "(file_name)",
    },
    "manim.utils.parameter_parsing": {
        "flatten_iterable_parameters": "(args)",
    },
}
"""What Unfold calls or reads that no page of Manim's manual promises, and what its classes are made with."""


def broken() -> list[str]:
    """How the Manim that is installed differs from the one that Unfold was written for; a line for each member."""
    return [
        f"{owner}.{name} is {found}, but Unfold relies on {expected}."
        for contract in (OVERRIDDEN, USED)
        for owner, members in contract.items()
        for name, expected in members.items()
        if (found := member(owner, name)) != expected
    ]


def member(owner: str, name: str) -> str:
    """What a member of Manim is now: its signature, `property`, `attribute` or `missing`.

    Args:
        owner: the full name of a class, or of a module.
        name: of the member.
    """
    try:
        place = _find(owner)
    except (ImportError, AttributeError):
        return "missing"
    if name in vars(place):
        found = inspect.getattr_static(place, name)
        if isinstance(found, property):
            return PROPERTY
        found = getattr(place, name)
        return signature(found) if callable(found) else ATTRIBUTE
    # Objects get their attributes while they are made.
    return ATTRIBUTE if re.search(rf"\bself\.{name}\b[^=(\n]*=[^=]", inspect.getsource(place)) else "missing"


def signature(function: Any) -> str:
    """The signature of a function without types, such as `(self, *args, run_time=None)`."""
    parameters = [p.replace(annotation=p.empty) for p in inspect.signature(function).parameters.values()]
    # A default that is a function or class is shown by its name, not by where it lies in memory.
    return re.sub(r"<(?:function|class|enum) '?([\w.]+)'?[^>]*>", r"\1", str(inspect.Signature(parameters)))


def _find(name: str) -> Any:
    """A module or class by its full name."""
    try:
        return import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        return getattr(import_module(module), attribute)
