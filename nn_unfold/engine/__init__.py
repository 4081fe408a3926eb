"""All that reaches into Manim or OpenGL: renderer, writer, camera, painter, signals."""
