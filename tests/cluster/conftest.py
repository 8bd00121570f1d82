"""Lets the tests of this folder share their stand-ins."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
