"""Pure builders of text and dicts: IAM documents, ini files, triggers. Imports no pulumi."""
