"""`make scan`: what outside scanners say of the stacks, the sources and the history."""
