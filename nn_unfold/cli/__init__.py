"""The command `unfold`; each of its commands is a file here, listed in `main.COMMANDS`."""
