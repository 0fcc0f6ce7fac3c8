"""The cathode's reaction."""
