"""The report as one web page that needs nothing else: for people, and for printing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from auditcore.audit import Decision, Plan
from auditcore.audit.words import chance
from auditcore.evidence.figure import evidence_figure

TEMPLATE = "report.html.jinja"
PHOTOS_SHOWN = 200
"""Photos on the page; the file has all of them."""
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render_html(report: Mapping[str, Any]) -> str:
    """Return a report from `build_report` as a self-contained HTML page."""
    plan = Plan.from_json(report["log"][0]["body"]["plan"])
    shown = _shown(plan, report["verdict"])
    return _ENVIRONMENT.get_template(TEMPLATE).render(
        report=report,
        words=report["words"],
        verdict=report["verdict"],
        notes=report["warnings"],
        asked=[report["verdict"]["photos"][photo] for photo in shown],
        photos=len(plan.photos),
        facts=_facts(report, plan),
        together=plan.together,
        figure=_figure_html(evidence_figure(plan, report["trace"], shown)),
        number=_number,
    )


def _shown(plan: Plan, verdict: Mapping[str, Any]) -> list[int]:
    """Return the photos that a page has room for: claimed ones first, then in the kit's order.

    Where no claim is made about single photos, none is picked out by its figures: among many, some
    stand high by chance alone.
    """
    claimed = [verdict["photos"][photo]["decision"] == Decision.USED for photo in plan.photos]
    order = sorted(zip(plan.photos, claimed, strict=True), key=lambda one: not one[1])
    return [photo for photo, _ in order][:PHOTOS_SHOWN]


def _facts(report: Mapping[str, Any], plan: Plan) -> list[tuple[str, str]]:
    """Return every figure of an audit, name and value, for the table."""
    model, public = plan.model, report["kit"]["public"]
    return [
        ("Claim", f"{plan.claim!s}, chosen before the first query"),
        ("False alarm accepted", f"{chance(plan.p)} over all attempts on this model"),
        ("Attempt", f"{plan.attempt}, tested at {chance(plan.level)}"),
        ("Test", f"{plan.test}; collection: {plan.collection_test}"),
        ("Score", f"{plan.score['name']}, {plan.score['views']} views of each version"),
        ("Queries asked", f"{report['verdict']['queries']:,} of at most {plan.at_most:,}"),
        ("Audit started (UTC, this machine's clock)", plan.started),
        ("Model", f"{model['name']} ({model['spec']})"),
        ("Model fingerprint (SHA-256)", str(model["fingerprint"])),
        ("Model released", str(model["released"] or "not known")),
        *((f"Model: {name}", str(value)) for name, value in sorted(model["details"].items())),
        ("Kit", str(report["kit"]["id"])),
        ("Kit sealed (UTC, that machine's clock)", plan.kit_created),
        ("Commitment (SHA-256)", str(public["commitment"])),
        ("Versions of each photo", f"{plan.versions:,}"),
        ("Marks", f"{public['family']}, visibility {public['visibility']:g}"),
        ("Made from a given seed", "no" if plan.test_seed is None else f"yes: {plan.test_seed}"),
        ("Models this kit was pointed at", str(plan.models_tried)),
        ("Attempts on this model in the ledger", str(len(report["attempts"]))),
        ("Plan (SHA-256)", plan.hash),
        ("Log", f"{len(report['log'])} lines, the last with hash {report['log'][-1]['hash']}"),
        ("Report digest (SHA-256)", str(report["digest"])),
        ("Software", plan.software),
    ]


def _figure_html(figure: go.Figure) -> Markup:
    """Return the figure as HTML with plotly's script in it; its labels are plain text."""
    html = figure.to_html(
        full_html=False,
        include_plotlyjs=True,
        div_id="evidence",
        config={"displaylogo": False, "responsive": True},
    )
    return Markup(html)  # made by plotly from numbers and escaped names (see figure.py)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.4g}"
