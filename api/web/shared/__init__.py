"""What all pages and roles have in common."""
