"""Orchestrator, worker, collaboration and web, and what they find in their pods."""
