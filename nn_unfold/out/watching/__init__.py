"""A film under work, in the browser: each save brings a new picture of the beat that changed.

`change` finds what a save changed; `watch` plays the film and draws; `draft` renders the film behind it; `board` keeps
what is to be shown; `server` and `page.html` show it.
"""
