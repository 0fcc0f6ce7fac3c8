"""The proof restates limits as the properties do."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "property"))
