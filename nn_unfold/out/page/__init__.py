"""A film as a page: one HTML file that a browser plays, and that a hand can turn.

`record` goes through the film and keeps what the painter and the camera are given; `pack` makes it small; `player.js`
draws it with the painter's own shaders.
"""
