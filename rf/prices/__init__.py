"""`rf prices`: the price list behind `rf cost`, compared with AWS's price API."""
