"""How much thicker the stack wants to be."""
