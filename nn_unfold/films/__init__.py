"""The films that come with Unfold: in this folder in the wheel, in `scenes/` in a checkout."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent
FOLDER = _HERE if (_HERE / "relu_fold.py").is_file() else _HERE.parents[1] / "scenes"
__path__ = [str(FOLDER)]
