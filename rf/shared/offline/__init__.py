"""The offline plan: the program run against a recorder, refused where a cloud would refuse it."""
