"""What makes the sandbox as stern as AWS: fresh objects that are not seen everywhere yet, states that take their time,
interfaces that linger, refusals of what comes at the wrong moment.

Each behaviour is an entry of a table and names the AWS page it imitates. It is at work for every account when the
launcher was given --stern, and for one account after POST /moto-api/stern?account=NUMBER with settings in JSON (see
account.Settings); GET lists the behaviours. Durations are AWS's own, divided by the scale. The entries lie around the
mends: they change what a client sees and when, and leave moto's models as they are.
"""

import importlib
import pkgutil


def load():
    """Imports every module here; before the mends are loaded, of which some are replaced."""
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        importlib.import_module(f"{__name__}.{module.name}")
