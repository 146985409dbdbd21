"""The policy pack's rules over a recorded plan."""
