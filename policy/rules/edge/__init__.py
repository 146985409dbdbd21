"""Rules of the edge: how requests come in, what is kept of answers, and what is logged."""
