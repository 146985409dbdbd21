"""What a rule is and how it is judged, and the rules that hold for resources of every subject."""
