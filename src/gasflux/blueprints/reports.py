"""What completed tasks found, as a list and combined; the report itself is a file: see `download`."""

from __future__ import annotations

from flask import Blueprint, Response

from gasflux.api.endpoint import Access, endpoint
from gasflux.api.models import ComparisonInfo, ComparisonQuery, ReportList, ReportQuery
from gasflux.api.presenting import pagination, report_info
from gasflux.service.tasks.records import TaskQuery, TaskStatus
from gasflux.service.tasks.side_by_side import compare_tasks
from gasflux.shared import _format_response, current_service, with_etag

reports_bp = Blueprint("reports", __name__)


@reports_bp.get("/reports")
@endpoint(
    summary="One line per completed task, newest first",
    access=Access.KEY,
    query=ReportQuery,
    answer=ReportList,
    has_etag=True,
    tag="reports",
)
def list_reports(query: ReportQuery) -> Response:
    """Answer one page of the reports."""
    page = current_service().tasks.page(
        TaskQuery(
            status=TaskStatus.COMPLETED,
            text=query.q,
            gas=query.gas.lower() if query.gas else None,
            since=query.since,
            until=query.until,
            page=query.page,
            per_page=query.per_page,
        )
    )
    data = ReportList(reports=[report_info(task) for task in page.tasks], pagination=pagination(page))
    return with_etag(_format_response(200, f"{len(page.tasks)} of {page.total} reports.", data))


@reports_bp.get("/reports/combined")
@endpoint(
    summary="Several completed tasks side by side, with the estimate from all of them",
    description="The flights are taken as repeats of one measurement of one source: weighted mean, random effects.",
    access=Access.KEY,
    query=ComparisonQuery,
    answer=ComparisonInfo,
    errors=(404, 422),
    has_etag=True,
    tag="reports",
)
def combined_reports(query: ComparisonQuery) -> Response:
    """Answer the rates of the chosen tasks and what they say together."""
    service = current_service()
    compared = compare_tasks(query.ids.split(","), service.tasks, service.folders)
    left_out = [f"{len(compared[why])} {why}" for why in ("missing", "repeated") if compared[why]]
    message = f"The comparison; left out: {', '.join(left_out)}." if left_out else "The comparison."
    return with_etag(_format_response(200, message, ComparisonInfo.model_validate(compared)))
