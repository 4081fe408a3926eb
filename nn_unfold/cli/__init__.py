"""The command `unfold`."""
