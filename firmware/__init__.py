"""What surrounds the controller on a board, and the host's build-and-flash."""
