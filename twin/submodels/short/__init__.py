"""How far lithium has crept through the separator."""
