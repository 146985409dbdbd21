"""What a stack costs: the bill on the command line, its check against the plan, fresh prices."""
