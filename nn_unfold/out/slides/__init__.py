"""A film as slides for a browser: a clip for each beat, and reveal.js as its authors made it, in `reveal/`."""
