"""What `python -m scenes` does: lists films, renders them with many workers, and looks at the machine."""
