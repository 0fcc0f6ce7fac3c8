"""The host's side: build, flash, look."""
