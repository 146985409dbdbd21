"""Publishing the frontend: files into the static bucket, so that visitors see one version whole."""
