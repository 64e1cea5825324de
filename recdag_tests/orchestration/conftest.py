"""Dagster's own home and instance, in a folder of the test; a project in which a paper has been run."""

import logging

import dagster as dg
import pytest

from recdag.orchestration.instance import prepare_home
from recdag.orchestration.runs import materialize
from recdag.orchestration.selections import selection_of
from recdag.settings import Settings


@pytest.fixture
def dagster_home(tmp_path):
    return prepare_home(Settings(home=tmp_path))


@pytest.fixture
def instance(dagster_home):
    with dg.DagsterInstance.from_config(str(dagster_home)) as instance:
        yield instance


@pytest.fixture
def with_cf_nade(home, made_once):
    """A home in which the paper cf_nade has been run but for its large studies."""

    def run():
        selection = selection_of("cf_nade", studies=False)
        summary = materialize(Settings.from_environment(), "tiny", selection, logging.NullHandler())
        assert summary.success, summary.failures

    made_once("run of cf_nade", home, run)
    return home
