"""Films, one to a file; `kit` is the vocabulary that they share."""
