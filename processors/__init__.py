"""The processors: tables of routes from inputs to the rules of `domain/`. `engine/` runs them on either log."""
