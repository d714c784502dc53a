"""Which versions of a configuration an exchange may meet, by where it comes from."""

import dataclasses

from exchanges import Exchange
from plans import Plan


@dataclasses.dataclass
class Source:
    """A file of the sidecar's, or of Envoy's listeners or routes."""
    name: str
    written: int = 1
    # In force for all that begins now.
    in_force: int = 1

    @property
    def tag(self) -> str:
        return f"{self.name}{self.written}"


class Versions:
    def __init__(self):
        self.sources = {name: Source(name) for name in (
            "file", "listeners", "sidecar-routes", "module-routes")}

    def source(self, plan: Plan) -> Source:
        if plan.mode == "route":
            return self.sources[f"{plan.deployment}-routes"]
        return self.sources["file" if plan.deployment == "sidecar" else "listeners"]

    def check(self, exchange: Exchange, tag: str, what: str):
        source = self.source(exchange.plan)
        number = tag.removeprefix(source.name)
        if number.isdigit() and exchange.oldest <= int(number) <= source.written:
            return
        raise exchange.wrong(
            f"{what} has the version {tag!r}, and {source.name}{exchange.oldest} to {source.tag} were in force")
