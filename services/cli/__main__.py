"""`python -m services.cli`: the command line, as the launcher calls it."""

import gc

from services.cli.app import app

if __name__ == "__main__":
    try:
        app(prog_name="commonwatt")
    finally:
        gc.freeze()  # an interpreter that ends would visit all objects that are left, in vain: 0.3 s for a service
