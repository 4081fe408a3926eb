"""The stage that films play on: beats, camera direction, layout."""
