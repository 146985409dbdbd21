"""The scale plan as data and arithmetic. Pure Python: imports neither pulumi nor boto3."""
