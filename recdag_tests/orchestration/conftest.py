"""Dagster's own home and instance, in a folder of the test."""

import dagster as dg
import pytest

from recdag.orchestration.instance import prepare_home
from recdag.settings import Settings


@pytest.fixture
def dagster_home(tmp_path):
    return prepare_home(Settings(home=tmp_path))


@pytest.fixture
def instance(dagster_home):
    with dg.DagsterInstance.from_config(str(dagster_home)) as instance:
        yield instance
