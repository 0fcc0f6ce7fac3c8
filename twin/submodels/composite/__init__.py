"""Contact between cathode particles and electrolyte."""
