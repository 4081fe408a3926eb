"""The painter: what lives in space becomes a picture, by OpenGL."""
