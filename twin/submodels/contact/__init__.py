"""What the lithium interface costs."""
