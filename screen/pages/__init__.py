"""Pages for people: every file here that holds a `PAGE` is served at its path. Adding the file is the whole job."""

from __future__ import annotations

import importlib
import pkgutil

from screen.page import Page


def load_pages() -> dict[str, Page]:
    """All pages by path."""
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    pages = [module.PAGE for module in modules if hasattr(module, "PAGE")]
    return {page.path: page for page in pages}
