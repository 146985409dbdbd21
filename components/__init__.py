"""One ComponentResource per layer of the plan. Reads no config and calls no AWS."""
