"""CloudWatch: percentiles, which moto has no values for."""

import math

from moto.cloudwatch.models import Statistics

_moto = Statistics.get_statistics_for_type


def _statistic(self, stat):
    """cloudwatch-statistics-definitions.html: pNN is the value that NN percent of all are not above."""
    if not stat.startswith("p") or not stat[1:].replace(".", "", 1).isdigit():
        return _moto(self, stat)
    values = sorted(datum.value for datum in self.metric_data)
    return values[max(0, math.ceil(len(values) * float(stat[1:]) / 100) - 1)]


Statistics.get_statistics_for_type = _statistic
