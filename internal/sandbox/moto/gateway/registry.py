"""The table of mends: which function answers, changes or checks which operation before moto does."""

MENDS = []


class Mend:
    """One entry of the table: a function and the operations of one service that pass through it."""

    def __init__(self, service, operations, function):
        self.service, self.operations, self.function = service, operations, function
        self.page = (function.__doc__ or "").strip()

    def __repr__(self):
        return f"{self.service} {', '.join(self.operations)}: {self.page}"


_BY_OPERATION = {}
_AROUND = {}


def mend(service, *operations):
    """Registers a function(call) for operations of a service. It returns the whole answer as a dict in the model's own
    names, or None to let the next mend, and at last moto, answer. `call.next()` asks them and returns their answer."""
    def register(function):
        MENDS.append(Mend(service, operations, function))
        for operation in operations:
            _BY_OPERATION.setdefault((service, operation), []).append(function)
        return function
    return register


def around(service, *operations):
    """Registers a function(call) like mend does, around all mends: it sees what they answer."""
    def register(function):
        for operation in operations:
            _AROUND.setdefault((service, operation), []).append(function)
        return function
    return register


def mends_for(service, operation):
    """The functions for an operation in their order; those for every operation ("*") come first."""
    return _AROUND.get((service, "*"), []) + _AROUND.get((service, operation), []) + \
        _BY_OPERATION.get((service, "*"), []) + _BY_OPERATION.get((service, operation), [])
