"""A film on paper: a handout as PDF, and one picture of all its beats, both set by Typst."""
