"""What the platform is made of: `serve` runs all of it in one process, `serve NAME` a part."""
