"""Discrete-event simulation of the job queues, the workers and their autoscaler."""
