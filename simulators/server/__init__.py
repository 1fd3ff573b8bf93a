"""The server as the simulated world sees it: REST, the control socket, and the ledger of acknowledgements."""
