"""What moto lacks or gets wrong, mended one operation at a time; each mend names the AWS page it follows."""

import importlib
import pkgutil


def load():
    """Imports every module here, which fills the table of mends."""
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        importlib.import_module(f"{__name__}.{module.name}")
