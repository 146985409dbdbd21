"""What can go wrong with a simulation."""

from __future__ import annotations


class SimulationError(Exception):
    """The plan has no workers that can be simulated."""


class PlotError(Exception):
    """The plot can't be written where it was asked for."""
