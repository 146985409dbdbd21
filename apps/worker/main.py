"""Starts the worker: `python main.py`, process 1 of its container."""

import sys

from researchflow_worker.application import main

sys.exit(main())
