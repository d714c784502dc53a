"""The two programs that are asked, each in a process of its own that is started again when it dies or hangs."""

import json
import subprocess
import threading

ANSWER_SECONDS_MAX = 30


class Engine:
    def __init__(self, command):
        self.command = command
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", errors="surrogatepass")

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def answers(self, requests):
        """Yields one answer a request: `output`, `error` or `crash`."""
        position = 0
        while position < len(requests):
            if not self.process:
                self.start()
            for answer in self.run(requests[position:]):
                position += 1
                yield answer

    def answer(self, request):
        return next(iter(list(self.answers([request]))))

    def run(self, requests):
        process = self.process
        threading.Thread(target=self.feed, args=(process, requests), daemon=True).start()
        for _ in requests:
            timer = threading.Timer(ANSWER_SECONDS_MAX, process.kill)
            timer.start()
            line = process.stdout.readline()
            timer.cancel()
            if not line.endswith("\n"):
                self.stop()
                yield {"crash": f"died or hung, exit status {process.returncode}"}
                return
            yield json.loads(line)

    @staticmethod
    def feed(process, requests):
        try:
            for request in requests:
                process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
        except (BrokenPipeError, ValueError, OSError):
            pass
