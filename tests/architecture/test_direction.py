"""The packages depend on each other in one direction, and importing them costs next to nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAY_IMPORT = {
    "knowledge": set(),
    "tools": {"knowledge"},
    "assistant": {"tools", "knowledge"},
    "ui": {"assistant", "tools", "knowledge"},
    "evals": {"assistant", "tools", "knowledge"},
}
HEAVY = (
    "torch",
    "sentence_transformers",
    "chromadb",
    "gradio",
    "langchain",
    "langchain_core",
    "sklearn",
    "sqlalchemy",
)


def imported_modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the direction"
            yield node.module or ""


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_only_point_down(package: str) -> None:
    known = set(MAY_IMPORT) | {"tests", "benchmarks"}
    assert modules(package)
    for path in modules(package):
        roots = {name.split(".")[0] for name in imported_modules(path)} & known
        assert roots <= MAY_IMPORT[package] | {package}, path


def test_the_rules_import_the_standard_library_only() -> None:
    assert len(modules("tools/rules")) > 3
    for path in modules("tools/rules"):
        for name in imported_modules(path):
            top = name.split(".")[0]
            assert top in sys.stdlib_module_names or name.startswith("tools.rules"), (path, name)


def test_the_listed_packages_are_the_packages() -> None:
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert found == set(MAY_IMPORT)


def test_the_command_line_starts_without_the_heavy_libraries() -> None:
    code = "import sys, assistant.cli.main as m; m.build_app(); "
    code += f"print([n for n in {HEAVY!r} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_package_initialisers_are_empty() -> None:
    for package in MAY_IMPORT:
        for path in (ROOT / package).rglob("__init__.py"):
            assert path.read_text("utf-8") == "", path
