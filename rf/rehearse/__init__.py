"""`rf rehearse`: Pulumi's engine deploys a stack, on an AWS and an API server of this machine."""
