"""The interphase in the cathode composite."""
