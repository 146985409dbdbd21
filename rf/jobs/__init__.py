"""`rf jobs`: how the job queues stand, read from the queue itself."""
