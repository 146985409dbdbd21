"""`rf check residency`: whether European data stays in the European Union."""
