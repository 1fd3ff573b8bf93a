"""The parts of the platform: `serve` runs all of them in one process, `serve NAME` those of one service."""
