"""What of MONAI's nested errors the user can mend: a component, expression or transform of the configuration."""

import re

from ..errors import ConfigError, LucencyError, causes, one_line

_COMPONENT = re.compile(r"Failed to instantiate component '(?P<what>[^']+)'")
_EXPRESSION = re.compile(r"Failed to evaluate ConfigExpression:\s*(?P<what>.+)", re.DOTALL)
_TRANSFORM = re.compile(r"applying transform <(?P<what>[\w.]+) object")
_RUNS = re.compile(r"\.(run|initialize|finalize)\(\)")  # what fails in there is no matter of the configuration's form


def configuration_failure(error: BaseException) -> ConfigError | None:
    """The innermost component or expression that could not be made, or transform that failed, and why, in one line.

    Args:
        error: as `monai.bundle` raises it, with its causes.

    Returns:
        An error to raise from `error`; None if one of ours explains it already, or nothing of this kind is among the
        causes, as when the network fails half-way.

    Example:
        >>> wrapped = RuntimeError("Failed to instantiate component 'monai.data.DataLoader' with keywords: batch_size")
        >>> wrapped.__cause__ = ValueError("batch_size should be positive")
        >>> str(configuration_failure(wrapped))
        'configuration: monai.data.DataLoader cannot be made (batch_size should be positive); mend the keys it is given'
        >>> configuration_failure(ZeroDivisionError()) is None
        True
    """
    failure, reason = None, ""
    for cause in causes(error):
        if isinstance(cause, LucencyError | OSError):
            return None
        text = str(cause)
        if transform := _TRANSFORM.match(text):
            failure, reason = f"{transform['what']} fails", ""
        elif (found := _COMPONENT.match(text) or _EXPRESSION.match(text)) and not _RUNS.search(found["what"]):
            failure, reason = f"{found['what']} cannot be made", ""
        else:
            reason = f"{type(cause).__name__}: {text}" if isinstance(cause, KeyError | AttributeError) else text
    if failure is None:
        return None
    return ConfigError(one_line(f"configuration: {failure} ({reason}); mend the keys it is given"))
