"""Requests made up from the description of the interface: none breaks it, all get what it says."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

EXAMPLES = 30
OPERATIONS = (
    ("GET", "/api/model"),
    ("POST", "/api/score"),
    ("POST", "/api/batch"),
    ("POST", "/api/explain"),
)


@pytest.fixture(scope="module")
def described(served):
    return schemathesis.openapi.from_url(f"{served}/api/openapi.json")


def test_every_operation_is_tried(described):
    found = {(one.ok().method.upper(), one.ok().path) for one in described.get_all_operations()}
    assert found == set(OPERATIONS)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_the_interface_keeps_to_its_description(described, method, path, mode):
    if (path, mode) == ("/api/model", GenerationMode.NEGATIVE):
        return  # it takes nothing that could be wrong

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(case=described[path][method].as_strategy(generation_mode=mode))
    def check(case):
        # A description cannot say that a text must not be blank or which labels the model has.
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    check()
