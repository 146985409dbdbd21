"""What was approved is what is deployed: the plan that reviewers saw is kept until then.

Pulumi's own `up --plan` holds a plan while it deploys, and ends in the middle where a value became
known in another form than the preview had (a quantity of Kubernetes, say). Here the plan of a
second preview is compared before anything is changed: both are of the same kind, so that what
differs is a difference. It runs where deployments do, so it needs nothing but what the program has.
"""
