"""The worker: takes jobs from the queues, works out results, writes them down once."""
