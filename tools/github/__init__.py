"""What the workflows tell on GitHub: comments of pull requests, issues about drift.

The jobs that run this hold a token that writes. So it needs nothing but Python's own library: no
package is installed beside such a token, and none of a pull request's code is run.
"""
