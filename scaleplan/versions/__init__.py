"""Every version that the program runs: what it fits, until when it is supported, what to raise."""
