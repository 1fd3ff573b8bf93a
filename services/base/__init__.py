"""What every service needs: settings, databases, the log, tracing, HTTP."""
