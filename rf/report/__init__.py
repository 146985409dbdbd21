"""What a pull request does, as one Markdown comment: risks to data, cost, capacity, policy."""
