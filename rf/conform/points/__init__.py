"""The points of the contract, each with the way it is tried, by what they are about."""
