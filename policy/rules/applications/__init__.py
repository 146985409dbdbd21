"""Rules of pods and what scales them."""
