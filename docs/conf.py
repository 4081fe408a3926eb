"""The handbook, built by `make docs`. Nothing is fetched: all pages work from the disk."""

from __future__ import annotations

import importlib.metadata

project = "Unfold"
author = "The authors of Unfold"
copyright = "2026, the authors of Unfold"  # Sphinx's own name
release = version = importlib.metadata.version("nn-unfold")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
exclude_patterns = ["_build", "words", "gallery"]

autodoc_typehints = "none"  # the docstrings give shapes and units
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": False}
napoleon_google_docstring = True
napoleon_use_rtype = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"Unfold {release}"
html_extra_path = ["_build/extra"]
html_theme_options = {"navigation_with_keys": True}
html_show_sphinx = False
