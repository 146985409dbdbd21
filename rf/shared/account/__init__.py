"""An AWS account as it is read, and what a plan asks of it."""
