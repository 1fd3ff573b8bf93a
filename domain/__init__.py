"""The rules, pure: queue, priority, fairness, scheduling, load control, session, tariff."""
