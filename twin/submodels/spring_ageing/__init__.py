"""What time and cycles do to a spring."""
