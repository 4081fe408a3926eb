"""What is written on the screen: labels, captions, formulas, live numbers."""
