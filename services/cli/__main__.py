"""`python -m services.cli`: the command line, as the launcher calls it."""

from services.cli.app import app

if __name__ == "__main__":
    app(prog_name="commonwatt")
