import json
import sys

lacks = []
try:
    from importlib.metadata import version
    from importlib.util import find_spec
    for wanted in sys.argv[1:]:
        name, pinned = wanted.split("==")
        try:
            if version(name) != pinned or find_spec(name) is None:
                lacks.append(wanted)
        except Exception:
            lacks.append(wanted)
    # What makes moto a server comes with an extra that not everybody installs.
    lacks += [name for name in ("flask", "flask_cors", "werkzeug") if find_spec(name) is None]
except ImportError:
    lacks = sys.argv[1:]
print(json.dumps({"path": sys.executable, "major": sys.version_info[0], "minor": sys.version_info[1], "lacks": lacks}))
