"""Parameters of papermill for notebooks with the tslab kernel: `papermill -p limit 5 in.ipynb out.ipynb`.

papermill loads engines of other packages, but no translators. So the wheel declares an engine, the standard one, and this module registers
the translator when papermill loads it. The engine need not be chosen.
"""

import json
import math
import re

from papermill.engines import NBClientEngine
from papermill.exceptions import PapermillException
from papermill.models import Parameter
from papermill.translators import Translator, papermill_translators

_NAME = re.compile(r"^[A-Za-z_$][\w$]*$")
_DECLARED = re.compile(
    r"^\s*(?:export\s+)?(?:let|const|var)\s+(?P<name>[A-Za-z_$][\w$]*)\s*(?::\s*(?P<type>[^=;]+?))?\s*=\s*(?P<value>.+?);?\s*(?://\s*(?P<help>.*))?$"
)
# Larger integers would be rounded.
_MAX_SAFE_INTEGER = 2**53 - 1


class TypeScriptTranslator(Translator):
    """Values → the cell of variables that papermill inserts."""

    @classmethod
    def translate_none(cls, val):
        return "null"

    @classmethod
    def translate_str(cls, val):
        # JSON is valid TypeScript, apart from these two line separators in older versions.
        return json.dumps(val, ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")

    @classmethod
    def translate_int(cls, val):
        return f"{val}n" if abs(val) > _MAX_SAFE_INTEGER else f"{val}"

    @classmethod
    def translate_float(cls, val):
        if math.isnan(val):
            return "NaN"
        if math.isinf(val):
            return "Infinity" if val > 0 else "-Infinity"
        return repr(val)

    @classmethod
    def translate_dict(cls, val):
        return "{ " + ", ".join(f"{cls.translate_str(str(key))}: {cls.translate(each)}" for key, each in val.items()) + " }"

    @classmethod
    def translate_list(cls, val):
        return "[" + ", ".join(cls.translate(each) for each in val) + "]"

    @classmethod
    def translate_escaped_str(cls, str_val):
        """Dates and whatever else YAML has."""
        return cls.translate_str(str(str_val))

    @classmethod
    def comment(cls, cmt_str):
        return f"// {cmt_str}"

    @classmethod
    def assign(cls, name, str_val):
        if not _NAME.match(name):
            raise PapermillException(f"'{name}' is not a name of a variable in TypeScript")
        # The kernel lets a cell declare a variable again.
        return f"let {name} = {str_val};"

    @classmethod
    def inspect(cls, parameters_cell):
        """The variables of the cell that is tagged `parameters`, for `papermill --help-notebook`."""
        found = []
        for line in parameters_cell["source"].splitlines():
            match = _DECLARED.match(line)
            if match:
                found.append(
                    Parameter(
                        name=match["name"],
                        inferred_type_name=match["type"] or "None",
                        default=match["value"],
                        help=match["help"] or "",
                    )
                )
        return found


class StagebookEngine(NBClientEngine):
    """The standard engine: it exists so that papermill loads this module."""


for _kernel in ("tslab", "typescript", "jslab", "javascript"):
    papermill_translators.register(_kernel, TypeScriptTranslator)
