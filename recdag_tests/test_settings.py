"""Where recdag looks and writes: in a checkout, installed as a package, with a home of one's own."""

import subprocess

import pytest

from recdag import settings
from recdag.graph.project import Project
from recdag.settings import SHIPPED_CATALOGUE, SHIPPED_RECIPES, Settings


def test_the_home_is_the_folder_named_else_the_checkout_else_where_one_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECDAG_HOME", "project")
    assert Settings.from_environment().home == tmp_path / "project"
    monkeypatch.delenv("RECDAG_HOME")
    assert Settings.from_environment().home == settings.CHECKOUT == settings.PACKAGE.parent
    monkeypatch.setattr(settings, "CHECKOUT", None)
    assert Settings.from_environment().home == tmp_path


@pytest.mark.parametrize("beside", [(), ("pyproject.toml",), ("models/recipes",)])
def test_a_package_among_others_is_no_checkout(tmp_path, monkeypatch, beside):
    for name in beside:
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setattr(settings, "PACKAGE", tmp_path / "recdag")
    assert settings._checkout() is None


def test_an_empty_home_has_the_shipped_data_sets_and_recipes(tmp_path, monkeypatch):
    monkeypatch.setenv("RECDAG_HOME", str(tmp_path))
    project = Project.open()
    assert sorted(project.catalogue) == sorted(path.stem for path in SHIPPED_CATALOGUE.glob("*.yaml"))
    assert project.recipe_file("ncf") == SHIPPED_RECIPES / "ncf.yaml"
    assert list(tmp_path.iterdir()) == []


def test_what_lies_in_the_home_goes_before_what_is_shipped(tmp_path, monkeypatch):
    own = {
        tmp_path / "data/added/ml-100k.yaml": SHIPPED_CATALOGUE / "ml-100k.yaml",
        tmp_path / "models/recipes/ncf.yaml": SHIPPED_RECIPES / "ncf.yaml",
    }
    for path, shipped in own.items():
        path.parent.mkdir(parents=True)
        path.write_text(shipped.read_text().replace("title: MovieLens", "title: My MovieLens"))
    monkeypatch.setenv("RECDAG_HOME", str(tmp_path))
    project = Project.open()
    assert project.catalogue["ml-100k"].title.startswith("My MovieLens")
    assert project.recipe("ncf").path == tmp_path / "models/recipes/ncf.yaml"
    assert project.recipe_file("mult_vae") == SHIPPED_RECIPES / "mult_vae.yaml"


def test_data_sets_of_a_user_are_no_changes_of_the_checkout():
    where = Settings(settings.CHECKOUT).added / "shop.yaml"
    git = ["git", "-C", str(settings.CHECKOUT), "check-ignore"]
    try:
        answer = subprocess.run([*git, str(where)], capture_output=True)
    except FileNotFoundError:
        pytest.skip("git is not installed")
    if answer.returncode == 128:
        pytest.skip("not a git checkout")
    assert answer.returncode == 0
