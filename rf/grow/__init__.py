"""What happens to each resource when a stack grows, shrinks or goes to another revision."""
