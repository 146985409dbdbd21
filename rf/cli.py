"""The command line: every command; its options stand in its own folder."""

from __future__ import annotations

import typer

from rf.advise.options import advise
from rf.cells.options import cells
from rf.check.options import checks
from rf.conform.options import conform
from rf.cost.options import cost
from rf.doctor.options import doctor
from rf.drill.options import drill
from rf.export.options import export
from rf.grow.options import grow
from rf.images.options import images
from rf.jobs.options import jobs
from rf.policy.options import policy
from rf.preflight.options import preflight
from rf.preview.options import preview
from rf.prices.options import prices
from rf.publish_web.options import publish_web
from rf.rehearse.options import rehearse
from rf.report.options import report
from rf.shared import lean_help
from rf.shared.option_errors import Commands
from rf.simulate.options import simulate
from rf.size.options import size
from rf.up.options import up

lean_help.load()

app = typer.Typer(
    name="rf",
    cls=Commands,
    help="ResearchFlow's infrastructure: plan it offline, try it in a sandbox, check it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

for command in (doctor, advise, cost, grow, policy, report, drill, conform):
    app.command()(command)
for command in (preview, export, up, rehearse, simulate, size, cells):
    app.command()(command)
app.add_typer(checks, name="check")
account = typer.Typer()  # after `check` in the help: what asks a real account or queue
account.command("publish-web")(publish_web)
for command in (jobs, preflight, images):
    account.command()(command)
app.add_typer(account)
app.add_typer(prices, name="prices")


@app.callback()
def _root() -> None:
    """ResearchFlow's infrastructure: plan it offline, try it in a sandbox, check it."""
