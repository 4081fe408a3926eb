"""What moves: layers as flows, surfaces that rise, training as an animation."""
