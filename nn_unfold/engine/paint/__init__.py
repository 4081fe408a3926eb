"""The depth-buffered painter: `painter` draws arrays with OpenGL, `camera` puts the picture under Manim's."""
