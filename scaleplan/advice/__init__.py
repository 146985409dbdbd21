"""What a running stack's measures call for by the plan's tables: pure, from series to changes."""
