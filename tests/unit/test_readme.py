"""The README's tables are written from the code; `python tests/unit/test_readme.py` writes them again."""

import re
import sys
from dataclasses import fields
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from data.settings import REPOSITORY, Settings, load_settings  # noqa: E402
from layers.core.registry import load_layers  # noqa: E402

README = ROOT / "README.md"
LAYER_TEST = ROOT / "tests/layers/test_own_layer.py"


def settings_table() -> str:
    source = (ROOT / "data/settings.py").read_text(encoding="utf-8")
    lines = ["| setting | default | meaning |", "|---|---|---|"]
    for field in fields(Settings):
        match = re.search(rf"^    {field.name}: .*?  # (.+)$", source, re.M)
        assert match, f"Settings.{field.name} has no comment"
        default = "" if field.default is None else str(field.default).replace(f"{REPOSITORY}/", "")
        lines.append(f"| `ONESCREEN_{field.name.upper()}` | {f'`{default}`' if default else '–'} | {match[1]} |")
    return "\n".join(lines)


def layers_table() -> str:
    lines = ["| layer | Chinese | table | themes |", "|---|---|---|---|"]
    for layer in load_layers():
        themes = ", ".join(theme.en for theme in layer.themes) or "–"
        lines.append(f"| `{layer.name}` {layer.en} | {layer.zh} | `{layer.table}` | {themes} |")
    return "\n".join(lines)


def written(readme: str) -> str:
    for name, table in (("settings", settings_table()), ("layers", layers_table())):
        readme = re.sub(rf"<!-- {name} -->.*?<!-- /{name} -->", f"<!-- {name} -->\n{table}\n<!-- /{name} -->", readme, flags=re.S)
    return readme


def test_the_tables_of_the_readme_say_what_the_code_says() -> None:
    text = README.read_text(encoding="utf-8")
    assert written(text) == text, "run: .venv/bin/python tests/unit/test_readme.py"


def test_the_readme_stays_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 170


def test_every_file_that_the_documents_name_exists() -> None:
    for document in (README, *sorted((ROOT / "docs").glob("*.md"))):
        for link in re.findall(r"\]\(((?!http)[^)#]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / link).exists(), f"{document.name} names {link}"


def test_the_example_of_an_own_layer_is_the_one_that_the_tests_load() -> None:
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
    assert len(blocks) == 1 and blocks[0].strip() in LAYER_TEST.read_text(encoding="utf-8")


def test_a_setting_is_read_from_the_environment() -> None:
    assert load_settings({"ONESCREEN_PORT": "9000"}).port == 9000


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
