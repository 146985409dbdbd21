"""Rules of the network: what is reachable, and by which ways traffic leaves."""
