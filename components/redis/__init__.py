"""The cache, and what all Redis servers share."""
