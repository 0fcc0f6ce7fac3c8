"""`python -m hil` is `isostack`."""

from hil.cli import main

main()
