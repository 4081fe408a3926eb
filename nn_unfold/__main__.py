"""`python -m nn_unfold`: the same as the command `unfold`."""

from nn_unfold.cli.main import main

main()
