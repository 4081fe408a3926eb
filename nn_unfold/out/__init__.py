"""Ways from a film's source to files: films are found, rendered by several processes, and joined."""
