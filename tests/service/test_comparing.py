"""Completed tasks side by side."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from api_service import SAMPLE, Api
from werkzeug.test import TestResponse

from gasflux.api.models import MAX_COMPARED
from gasflux.simulation import Scenario, simulate, to_frame


@pytest.fixture(scope="module")
def second(api: Api) -> dict[str, Any]:
    """Another flight of the same source."""
    flight = simulate(Scenario(rate_kg_h={"ch4": 5.0, "co2": 300.0}, seed=2))
    return completed(api, to_frame(flight).to_csv(index=False).encode(), "second.csv")


def completed(api: Api, content: bytes | None, name: str, **fields: str) -> dict[str, Any]:
    answer = api.upload(content, name, **fields)
    assert answer.status_code == 202, answer.text
    task = api.finished(answer.json["data"]["task_id"])  # type: ignore[index]
    assert task["status"] == "completed", task
    return task


def compared(api: Api, *task_ids: str) -> TestResponse:
    return api.client.get("/reports/combined", query_string={"ids": ",".join(task_ids)}, headers=api.user)


def test_two_flights(api: Api, done: dict[str, Any], second: dict[str, Any]) -> None:
    answer = compared(api, done["task_id"], second["task_id"])
    assert answer.status_code == 200, answer.text
    gases = answer.get_json()["data"]["gases"]
    assert list(gases) == list(done["gases"])
    for gas, values in gases.items():
        first, other = values["flights"]
        assert [first["task_id"], other["task_id"]] == [done["task_id"], second["task_id"]]
        for name in ("flux_kg_h", "flux_interval_kg_h", "detection_limit_kg_h", "grade"):
            assert first[name] == done["gases"][gas][name]
        combined = values["combined"]
        low, high = sorted([first["flux_kg_h"], other["flux_kg_h"]])
        assert low <= combined["flux_kg_h"] <= high
        assert combined["flux_interval_kg_h"]["low"] < combined["flux_kg_h"] < combined["flux_interval_kg_h"]["high"]
        assert first["weight"] + other["weight"] == pytest.approx(1.0, abs=1e-9)  # rounding


def test_the_same_flight_twice_counts_once(api: Api, done: dict[str, Any]) -> None:
    gases = compared(api, done["task_id"], done["task_id"]).get_json()["data"]["gases"]
    assert [len(values["flights"]) for values in gases.values()] == [1] * len(done["gases"])
    for gas, values in gases.items():
        # The document has nine digits.
        assert values["combined"]["flux_kg_h"] == pytest.approx(done["gases"][gas]["flux_kg_h"], rel=1e-8)


def test_the_same_flight_processed_again_counts_once(api: Api, done: dict[str, Any]) -> None:
    """As a repeat it would make the interval narrower than the flight is."""
    again = completed(api, SAMPLE.read_bytes(), "other name.xlsx", config="ground: {height: 1.0}\n")
    data = compared(api, done["task_id"], again["task_id"]).get_json()["data"]
    assert data["repeated"] == [again["task_id"]]
    assert data["gases"] == compared(api, done["task_id"]).get_json()["data"]["gases"]


def test_flights_without_result_are_named_and_count_nowhere(api: Api, done: dict[str, Any]) -> None:
    failed = api.finished(api.upload(b"latitude,longitude\n1,2\n", "short.csv").get_json()["data"]["task_id"])
    stranger = str(uuid.uuid4())
    answer = compared(api, failed["task_id"], done["task_id"], stranger)
    assert answer.status_code == 200
    assert answer.get_json()["data"]["missing"] == [failed["task_id"], stranger]
    assert "2 missing" in answer.get_json()["message"]
    assert answer.get_json()["data"]["gases"] == compared(api, done["task_id"]).get_json()["data"]["gases"]


@pytest.mark.parametrize("content", [b"\xff", b"{", b"{}", b'{"gases": {"ch4": NaN}}'])
def test_a_damaged_result_is_named(content: bytes, api: Api, done: dict[str, Any], second: dict[str, Any]) -> None:
    path = api.service.folders.result_path(second["task_id"], "output_vars.json")
    whole = path.read_bytes()
    path.write_bytes(content)
    answer = compared(api, done["task_id"], second["task_id"])
    path.write_bytes(whole)
    assert answer.status_code == 422, answer.text
    assert second["name"] in answer.get_json()["message"]


def test_no_result_at_all(api: Api) -> None:
    assert compared(api, str(uuid.uuid4())).status_code == 404


@pytest.mark.parametrize(
    "ids", ["", ",", "x", "../../etc/passwd", ",".join(str(uuid.uuid4()) for _ in range(MAX_COMPARED + 1))]
)
def test_other_ids_are_refused(ids: str, api: Api) -> None:
    answer = api.client.get("/reports/combined", query_string={"ids": ids}, headers=api.user)
    assert answer.status_code == 422, answer.text


def test_a_part_of_a_flight_counts_once_and_a_flight_at_its_time_is_told(
    api: Api, done: dict[str, Any], second: dict[str, Any]
) -> None:
    frame = to_frame(simulate(Scenario(rate_kg_h={"ch4": 5.0, "co2": 300.0}, seed=2)))
    part = completed(api, frame.iloc[: 2 * len(frame) // 3].to_csv(index=False).encode(), "part.csv")
    far = completed(api, frame.assign(latitude=frame["latitude"] + 0.05).to_csv(index=False).encode(), "far.csv")
    data = compared(api, part["task_id"], second["task_id"], far["task_id"]).get_json()["data"]
    assert data["repeated"] == [part["task_id"]]
    assert data["elsewhere"] == {far["task_id"]: pytest.approx(5560.0, abs=10.0)}  # 0.05 degrees of latitude
    assert data["simultaneous"] == []
    other = completed(
        api, to_frame(simulate(Scenario(rate_kg_h={"ch4": 5.0}, seed=7))).to_csv(index=False).encode(), "other.csv"
    )
    data = compared(api, second["task_id"], other["task_id"]).get_json()["data"]
    assert data["repeated"] == []
    assert data["simultaneous"] == [[second["task_id"], other["task_id"]]]
