"""Sets up the virtual environment: with uv, told what pip's configuration says, or with pip itself.

It runs before anything is installed, so it needs nothing but Python's own library.
"""
