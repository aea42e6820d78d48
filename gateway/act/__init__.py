"""The printable reconciliation act (акт сверки): HTML that prints on A4, or a workbook."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.act.html import act_html
from gateway.act.xlsx import act_xlsx

__all__ = ["act_html", "act_xlsx", "write_act"]


def write_act(act: Mapping[str, Any], path: Path) -> None:
    """Write the act (`gateway.flow.act.act`) in the form that the file's ending names: .html or .xlsx."""
    content = act_xlsx(act) if path.suffix.lower() == ".xlsx" else act_html(act).encode()
    path.write_bytes(content)
