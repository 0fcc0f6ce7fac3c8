"""The cathode's particles."""
