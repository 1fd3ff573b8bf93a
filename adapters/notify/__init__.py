"""Notifications to people. The table of who is notified of what is `adapters.notify.notices`."""
