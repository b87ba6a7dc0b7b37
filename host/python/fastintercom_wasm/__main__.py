"""`python -m fastintercom_wasm`."""

import sys

from . import main

sys.exit(main())
