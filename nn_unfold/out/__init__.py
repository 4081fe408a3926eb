"""Ways out of the house: films are found, rendered with workers, and joined."""
