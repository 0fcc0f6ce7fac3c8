"""One wiring file per board: pins, polarities, scales."""
