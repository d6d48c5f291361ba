"""How quick an instance is, each figure beside its limit: what the machine does for the same work without us, measured in the same run."""

import dataclasses
import os

# By name, in the order in which they run.
MEASURES = {}


def measure(about):
    """Registers a measurement: `run(bench)`, which adds rows to the bench's table."""

    def register(run):
        run.about = about
        MEASURES[run.__name__] = run
        return run

    return register


@dataclasses.dataclass
class Row:
    """One figure. `least` and `most` bound its ratio to the limit where there is a limit, and the figure itself otherwise."""

    what: str
    where: str
    figure: float
    unit: str
    limit: float | None = None
    limit_name: str = ""
    least: float | None = None
    most: float | None = None
    command: str = ""
    shares: str = ""

    @property
    def ratio(self):
        return self.figure / self.limit if self.limit else None

    @property
    def held(self):
        if self.least is None and self.most is None:
            return None
        judged = self.ratio if self.limit else self.figure
        return (self.least is None or judged >= self.least) and (self.most is None or judged <= self.most)

    @property
    def demand(self):
        if self.held is None:
            return "—"
        sign, bound = ("≥", self.least) if self.least is not None else ("≤", self.most)
        return f"{sign} {bound:g} of the limit" if self.limit else f"{sign} {number(bound)}"


def number(value):
    """With as many digits as mean something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


class Table:
    def __init__(self):
        self.rows = []

    def add(self, *args, **more):
        row = Row(*args, **more)
        self.rows.append(row)
        limit = f", {row.limit_name} {number(row.limit)}: {row.ratio:.2f} of it" if row.limit else ""
        verdict = {True: "held", False: "NOT HELD", None: ""}[row.held]
        print(f"    {row.what} on {row.where}: {number(row.figure)} {row.unit}{limit} (demanded {row.demand}) {verdict}", flush=True)
        if row.shares:
            print(f"        {row.shares}", flush=True)
        return row

    @property
    def broken(self):
        return [row for row in self.rows if row.held is False]

    def markdown(self):
        lines = ["| what | where | figure | limit, in the same run | ratio | demanded | held |", "| --- | --- | --- | --- | --- | --- | --- |"]
        for row in self.rows:
            limit = f"{row.limit_name} {number(row.limit)}" if row.limit else "—"
            ratio = f"{row.ratio:.2f}" if row.limit else "—"
            held = {True: "yes", False: "**no**", None: "—"}[row.held]
            lines.append(f"| {row.what} | {row.where} | {number(row.figure)} {row.unit} | {limit} | {ratio} | {row.demand} | {held} |")
        return "\n".join(lines)

    def commands(self):
        """How each figure came about, and who took the processors meanwhile."""
        lines = []
        for row in self.rows:
            if row.command:
                lines.append(f"- {row.what}, {row.where}: `{row.command}`" + (f"; {row.shares}" if row.shares else ""))
        return "\n".join(lines)


def cores():
    return len(os.sched_getaffinity(0))
