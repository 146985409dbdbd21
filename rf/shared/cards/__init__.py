"""What a card is made of: the facets of a resource type, and how a card is found by its token."""
