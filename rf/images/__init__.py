"""`rf images`: others' images that stacks run, their digests, and whether a tag has moved."""
