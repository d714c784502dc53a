"""What was done, counted."""

import collections
import time

from exchanges import Exchange
from plans import Plan

CHANGES_KEPT = 8


class Tally:
    def __init__(self):
        self.exchanges: collections.Counter = collections.Counter()
        self.counts: collections.Counter = collections.Counter()
        # The last changes, for people.
        self.changes: collections.deque[str] = collections.deque(maxlen=CHANGES_KEPT)

    def add(self, plan: Plan, exchange: Exchange):
        kind = plan.kind
        if kind in ("right", "pipelined") and plan.behaviours[-1].name != "answer":
            kind = f"upstream: {plan.behaviours[-1].name}"
        self.exchanges[plan.deployment, kind] += 1
        self.counts["bytes checked"] += len(plan.content.body) + len(plan.answer.body)
        if len(exchange.tries) > 1:
            self.counts["retries"] += len(exchange.tries) - 1

    def count(self, what: str):
        self.counts[what] += 1

    def change(self, what: str):
        self.counts[what] += 1
        self.changes.append(f"{time.strftime('%H:%M:%S')} {what}")
