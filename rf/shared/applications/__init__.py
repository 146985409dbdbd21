"""The servers that an application runs against on one machine, and its process."""
