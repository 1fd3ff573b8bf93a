"""Stories of the rules: `story.py` is the one harness, the others give it what a site or a town reports."""
