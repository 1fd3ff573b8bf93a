"""The rules of a site: its queue, offers, fairness and schedule. All of them serve the processor `sites`."""
