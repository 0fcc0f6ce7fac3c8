"""How the current passes the cell."""
