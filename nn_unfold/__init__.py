"""The vocabulary that the films share."""
