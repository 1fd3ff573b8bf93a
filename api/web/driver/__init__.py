"""What a driver sees and does on the page of a site."""
