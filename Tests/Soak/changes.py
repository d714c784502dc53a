"""What changes while exchanges run: the sidecar's file, Envoy's listeners and routes, the sidecars themselves."""

import asyncio
import os
import random
import signal

from exchanges import Wrong
from gateways import Gateway, Gateways, wait_for
from tally import Tally


class Changes:
    def __init__(self, gateways: Gateways, tally: Tally, seed: str, pause: float):
        self._gateways, self._tally, self._pause = gateways, tally, pause
        self._dice = random.Random(f"{seed}/changes")
        # A sidecar that starts reads the file, and must not find it broken.
        self._file_lock = asyncio.Lock()

    async def run(self, is_over):
        await asyncio.gather(self._repeat(is_over, self._change), self._repeat(is_over, self._roll))

    async def _repeat(self, is_over, step):
        while not is_over():
            await asyncio.sleep(self._pause * self._dice.uniform(0.5, 1.5))
            if not is_over():
                await step()

    async def _roll(self):
        await self._gateways.end_rolling()
        async with self._file_lock:
            await self._gateways.start_rolling()
        self._tally.change("drains of a sidecar")

    async def _change(self):
        step = self._dice.choice([
            self._reload, self._reload, self._refuse_file, self._update_listeners, self._refuse_listeners,
            self._update_routes])
        await step()

    def _next(self, name: str):
        """What was confirmed is in force by now."""
        source = self._gateways.versions.sources[name]
        source.in_force = source.written
        source.written += 1

    async def _reload(self):
        async with self._file_lock:
            self._next("file")
            text, file = self._gateways.text(), self._gateways.configuration
            match self._dice.choice(["in place", "moved", "moved", "by halves"]):
                case "in place":
                    file.write_bytes(text)
                case "by halves":
                    with file.open("wb") as out:
                        out.write(text[:len(text) // 2])
                        out.flush()
                        await asyncio.sleep(0.05)
                        out.write(text[len(text) // 2:])
                case _:
                    new = file.with_suffix(".new")
                    new.write_bytes(text)
                    os.replace(new, file)
            sidecars = self._living()
            if self._dice.random() < 0.4:
                for sidecar in sidecars:
                    sidecar.program.process.send_signal(signal.SIGHUP)
                self._tally.change("SIGHUP")
            for sidecar in sidecars:
                await wait_for(
                    f"{sidecar.name} takes the new file",
                    lambda: not sidecar.program.is_alive() or sidecar.has_taken(text))
        self._tally.change("reloads of the sidecar's file")

    async def _refuse_file(self):
        """A broken file changes nothing; the right one comes back."""
        async with self._file_lock:
            file, steady = self._gateways.configuration, self._gateways.steady
            right = file.read_bytes()
            before = steady.metric("swiftformations_config_refusals_total")
            file.write_bytes(self._dice.choice([
                b"", right[:len(right) // 2], right.replace(b"{{ body() }}", b"{{ body( }}"), b"a: [", b"[]"]))
            await wait_for("a broken file is refused", lambda: steady.metric(
                "swiftformations_config_refusals_total") > before)
            if not steady.has_taken(right):
                raise Wrong("a broken file took the place of the right one")
            file.write_bytes(right)
            await wait_for("the right file is back", lambda: steady.metric(
                "swiftformations_config_last_reload_successful") == 1)
        self._tally.change("broken files refused")

    def _living(self):
        return [each for each in (self._gateways.steady, self._gateways.rolling) if each.program.is_alive()]

    async def _update_listeners(self):
        self._next("listeners")
        for envoy in self._gateways.envoys.values():
            before = envoy.stat("listener_manager.lds.update_success")
            envoy.write_listeners()
            await self._wait_for_more(envoy, "listener_manager.lds.update_success", before)
        self._tally.change("listener updates")

    async def _refuse_listeners(self):
        for envoy in self._gateways.envoys.values():
            before = envoy.stat("listener_manager.lds.update_rejected")
            envoy.write_listeners(broken=True)
            await self._wait_for_more(envoy, "listener_manager.lds.update_rejected", before)
        self._tally.change("broken listeners refused")

    async def _update_routes(self):
        for deployment, envoy in self._gateways.envoys.items():
            self._next(f"{deployment}-routes")
            pattern = "http.alone.rds.routes.update_success"
            before = envoy.stat(pattern)
            envoy.write_routes()
            await self._wait_for_more(envoy, pattern, before)
        self._tally.change("route updates")

    async def _wait_for_more(self, envoy: Gateway, name: str, before: int):
        await wait_for(f"{envoy.program.name}: {name} over {before}", lambda: envoy.stat(name) > before)
