"""Run the command line: `python -m auditcore`."""

import sys

from auditcore.cli import main

sys.exit(main())
