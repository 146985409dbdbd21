"""Reports of the capacity checks and the search for a size, for people and machines."""
