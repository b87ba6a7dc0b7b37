#!/usr/bin/env python3
"""Packs the program as a wheel for PyPI, so that `uvx fastintercom` and `pipx` install it.

    python3 host/packaging/wheel.py TARGET PROGRAM VERSION FOLDER

A wheel of this kind holds no Python: the program lies among its scripts, as ruff's and uv's do.
Needs nothing but Python. The same input makes the same bytes.
"""

import base64
import hashlib
import sys
import zipfile
from pathlib import Path

# Static Linux programs run with every C library. The others: what the release's runners support.
TAGS = {
    "x86_64-unknown-linux-musl": "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64",
    "aarch64-unknown-linux-musl": "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
    "x86_64-unknown-linux-gnu": "linux_x86_64",
    "aarch64-apple-darwin": "macosx_11_0_arm64",
    "x86_64-apple-darwin": "macosx_10_12_x86_64",
    "x86_64-pc-windows-msvc": "win_amd64",
}


def main() -> None:
    if len(sys.argv) != 5 or sys.argv[1] not in TAGS:
        sys.exit(f"usage: wheel.py {'|'.join(TAGS)} PROGRAM VERSION FOLDER")
    target, program, version, folder = sys.argv[1], Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
    root = Path(__file__).resolve().parent.parent.parent
    tags = TAGS[target]
    info = f"fastintercom-{version}.dist-info"
    script = "fastintercom.exe" if "windows" in target else "fastintercom"
    metadata = "\n".join(
        [
            "Metadata-Version: 2.4",
            "Name: fastintercom",
            f"Version: {version}",
            "Summary: MCP server: a company's Intercom conversations from a fast local cache",
            "License-Expression: MIT",
            "License-File: LICENSE",
            "Keywords: mcp,intercom",
            "Requires-Python: >=3.8",
            "Project-URL: Source, https://github.com/fastintercom/fastintercom",
            "Description-Content-Type: text/markdown",
            "",
            (root / "README.md").read_text(encoding="utf-8"),
        ]
    )
    wheel = "".join(
        ["Wheel-Version: 1.0\nGenerator: fastintercom\nRoot-Is-Purelib: false\n"]
        + [f"Tag: py3-none-{tag}\n" for tag in tags.split(".")]
    )
    files = [
        (f"fastintercom-{version}.data/scripts/{script}", program.read_bytes(), 0o755),
        (f"{info}/METADATA", metadata.encode(), 0o644),
        (f"{info}/WHEEL", wheel.encode(), 0o644),
        (f"{info}/licenses/LICENSE", (root / "LICENSE").read_bytes(), 0o644),
    ]
    record = ""
    for name, content, _ in files:
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(content)}\n"
    files.append((f"{info}/RECORD", f"{record}{info}/RECORD,,\n".encode(), 0o644))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"fastintercom-{version}-py3-none-{tags}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, mode in files:
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    print(path)


if __name__ == "__main__":
    main()
