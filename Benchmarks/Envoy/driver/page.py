"""The page with the plots: one file, no scripts, nothing from a network."""

from html import escape

from . import plots, svg, tables, workloads
from .plan import GROWTH_PASSED, GROWTH_READ

STYLE = """
:root { color-scheme: light dark; --text: #1c2833; --faint: #d5d8dc; --back: #ffffff; --met: #1e8449; --missed: #c0392b; }
@media (prefers-color-scheme: dark) { :root { --text: #e5e8e8; --faint: #424949; --back: #17202a; --met: #58d68d; --missed: #ec7063; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); max-width: 1180px; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.6em; } h2 { margin-top: 2em; border-bottom: 1px solid var(--faint); } h3 { font-size: 1em; margin: 0.6em 0 0.2em; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(500px, 1fr)); gap: 0.6em 1.4em; }
svg { width: 100%; max-width: 620px; height: auto; } svg text { font-size: 12px; fill: var(--text); } .grid { stroke: var(--faint); stroke-width: 1; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; display: block; overflow-x: auto; }
th, td { padding: 0.15em 0.7em; border-bottom: 1px solid var(--faint); text-align: right; white-space: nowrap; } th:first-child, td:first-child { text-align: left; white-space: normal; }
td.met { color: var(--met); } td.missed { color: var(--missed); font-weight: 600; }
.legend span { margin-right: 1.2em; white-space: nowrap; } .legend i { display: inline-block; width: 0.9em; height: 0.9em; margin-right: 0.35em; border-radius: 2px; vertical-align: -1px; }
details { margin: 0.5em 0; }
"""

METHOD = """
<ul>
<li>One Envoy with one worker has a listener for each deployment and workload; one upstream, one client, plain HTTP/1.1 with
kept connections over loopback. The upstream answers 200 only to the request that must arrive (headers and body, byte for
byte), and the client compares each answer: a wrong one ends the run.</li>
<li>The deployments are measured in short slices right after each other, in another order each round. Percentiles are of all
requests of all rounds; other numbers are medians over the rounds; comparisons are made within each round.</li>
<li>Closed loop: a connection sends its next request when it has the answer. Open loop: requests are due at a fixed rate and
their latency counts from then, so that a stall counts for all that waited for it.</li>
<li>Processor time is what the kernel counts for Envoy's and the server's process during the slice.</li>
</ul>
<p>Bias: everything shares one machine, which is why ratios within the run say more than the numbers. With two processors the
client, the upstream and the ext_proc server share one, and Envoy has the other: the servers pay for that sharing, the
modules do not. Bodies, headers and connections are always the same, so caches and branch predictors are warm. There is no
TLS, no access log and no other filter.</p>
"""


def table(head: list, rows: list) -> str:
    def row(cells: list, tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}{mark(cell)}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    def mark(cell: str) -> str:
        return {"met": ' class="met"', "MISSED": ' class="missed"'}.get(cell, "")

    return f"<table>{row(head, 'th')}{''.join(row(cells, 'td') for cells in rows)}</table>"


def grid(entries: list) -> str:
    items = "".join(f"<div><h3>{escape(title)}</h3>{plot}</div>" for title, plot in entries if plot)
    return f'<div class="plots">{items}</div>'


def workload_section(workload, available, plan, figures) -> str:
    shown = [one for one in available if figures.has(workload.name, one.name)]
    head, rows = tables.latency_rows(figures, workload.name, available, plan.loads)
    stream = table(*tables.stream_rows(figures, available)) if workload.is_streamed else ""
    return (f"<h2>{escape(workload.title)}</h2>" + svg.legend([(one.title, one.colour) for one in shown])
            + grid(plots.load_plots(figures, workload, available, plan.loads)) + stream
            + f"<details><summary>all numbers</summary>{table(head, rows)}</details>")


def growth_section(figures) -> str:
    entries = [("a template reads the body", plots.growth_plot(figures, "read")),
               ("nothing reads it", plots.growth_plot(figures, "passed"))]
    shown = dict.fromkeys(one for one in GROWTH_READ + GROWTH_PASSED
                          if figures.has("read-1000", one.name, "growth") or figures.has("passed-1000", one.name, "growth"))
    return ("<h2>Growth with the body</h2>" + svg.legend([(one.title, one.colour) for one in shown]) + grid(entries))


def memory_section(runs, available) -> str:
    plot = grid([(f"{runs['sidecar'].requests:,} requests at 64 connections", plots.memory_plot(runs["sidecar"]))]) \
        if "sidecar" in runs else ""
    return f"<h2>Memory</h2>{table(*tables.memory_rows(runs, available))}{plot}"


def make(available, plan, figures, runs, goals, machine, notes) -> str:
    verdicts = f"<h2>Goals</h2>{table(['', 'measured', 'goal', ''], [goal.texts for goal in goals])}" if goals else ""
    sections = [workload_section(one, available, plan, figures) for one in workloads.ALL
                if any(figures.has(one.name, deployment.name) for deployment in available)]
    facts = table(["", ""], [[name, value] for name, value in machine.items()])
    return (f'<!doctype html><html lang="en"><meta charset="utf-8"><title>swiftformations: benchmark of {machine["started"]}'
            f'</title><meta name="viewport" content="width=device-width"><style>{STYLE}</style><body>'
            f"<h1>swiftformations: benchmark of {escape(machine['started'])}</h1>"
            f"<p>{escape(machine['processor'])}; Envoy {escape(machine['Envoy'])}; <code>{escape(machine['command'])}</code>.</p>"
            + "".join(f"<p><strong>{escape(note)}</strong></p>" for note in notes) + verdicts + "".join(sections) + growth_section(figures) + memory_section(runs, available)
            + f"<h2>Method and bias</h2>{METHOD}<h2>Machine and versions</h2>{facts}</body></html>\n")
