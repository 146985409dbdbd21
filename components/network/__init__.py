"""The VPC and who may talk to whom."""
