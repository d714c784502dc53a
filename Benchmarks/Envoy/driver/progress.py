"""How far the run is."""

import sys
import time

BAR = 24


class Progress:
    """On a terminal one line that is rewritten; elsewhere a line now and then."""

    LINE_SECONDS = 20

    def __init__(self, total_seconds: float):
        self.total = total_seconds
        self.done = 0.0
        self.started = time.monotonic()
        self.last_line = float("-inf")
        self.is_terminal = sys.stderr.isatty()

    def show(self, what: str):
        now = time.monotonic()
        share = min(self.done / self.total, 1)
        spent = now - self.started
        # What was planned, corrected by how it went so far.
        left = (self.total - self.done) * (spent / self.done if self.done > 5 else 1.15)
        text = f"{share:4.0%}  about {max(left, 0) // 60:.0f}:{max(left, 0) % 60:02.0f} left  {what}"
        if self.is_terminal:
            bar = "#" * int(share * BAR)
            sys.stderr.write(f"\r[{bar:<{BAR}}] {text[:90]:<90}")
            sys.stderr.flush()
        elif now - self.last_line >= self.LINE_SECONDS:
            self.last_line = now
            print(text, file=sys.stderr, flush=True)

    def add(self, seconds: float):
        self.done += seconds

    def end(self):
        spent = time.monotonic() - self.started
        text = f"measured in {spent // 60:.0f}:{spent % 60:02.0f}"
        print(f"\r{text:<120}" if self.is_terminal else text, file=sys.stderr, flush=True)
