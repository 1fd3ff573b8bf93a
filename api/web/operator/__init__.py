"""What an operator sees and does on the page of a site."""
