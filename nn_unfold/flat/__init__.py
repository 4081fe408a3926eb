"""What lies on the screen: diagrams, plots, tables."""
