#!/usr/bin/env python3
"""Packs a wheel for PyPI, so that `uvx` and `pipx` install the program.

    python3 host/packaging/wheel.py TARGET PROGRAM VERSION FOLDER        fastintercom, for one platform
    python3 host/packaging/wheel.py portable ARTIFACT VERSION FOLDER     fastintercom-wasm, for every one

The first kind holds no Python: the program lies among its scripts, as ruff's and uv's do. The second
holds the artifact for standard input and output, `fastintercom-stdio.wasm`, and a small host for it
(host/python) that runs it in PyPI's `wasmtime`. Needs nothing but Python. The same input makes the
same bytes.
"""

import base64
import hashlib
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
REPOSITORY = "https://github.com/fastintercom/fastintercom"
SUMMARY = "MCP server: a company's Intercom conversations from a fast local cache"

# Static Linux programs run with every C library. The others: what the release's runners support.
TAGS = {
    "x86_64-unknown-linux-musl": "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64",
    "aarch64-unknown-linux-musl": "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
    "x86_64-unknown-linux-gnu": "linux_x86_64",
    "aarch64-apple-darwin": "macosx_11_0_arm64",
    "x86_64-apple-darwin": "macosx_10_12_x86_64",
    "x86_64-pc-windows-msvc": "win_amd64",
}

# Both ends were tried (tests/hosts/run.sh). Before 46 there was no HTTP for components, and a new
# major version each month may change what this package calls.
WASMTIME = "wasmtime>=46.0.1,<51"

# Name in the wheel, content, mode.
File = tuple[str, bytes, int]


def main() -> None:
    if len(sys.argv) != 5 or sys.argv[1] not in [*TAGS, "portable"]:
        sys.exit(f"usage: wheel.py portable|{'|'.join(TAGS)} PROGRAM VERSION FOLDER")
    target, program, version, folder = sys.argv[1], Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
    if target == "portable":
        path = portable(program, version, folder)
    else:
        path = native(target, program, version, folder)
    print(path)


def native(target: str, program: Path, version: str, folder: Path) -> Path:
    script = "fastintercom.exe" if "windows" in target else "fastintercom"
    files = [(f"fastintercom-{version}.data/scripts/{script}", program.read_bytes(), 0o755)]
    return write("fastintercom", version, TAGS[target], ["Requires-Python: >=3.8"], ROOT / "README.md", files, folder)


def portable(artifact: Path, version: str, folder: Path) -> Path:
    host = ROOT / "host/python"
    sources = sorted(file for file in (host / "fastintercom_wasm").iterdir() if file.is_file())
    files = [(f"fastintercom_wasm/{file.name}", file.read_bytes(), 0o644) for file in sources]
    files.append(("fastintercom_wasm/fastintercom-stdio.wasm", artifact.read_bytes(), 0o644))
    scripts = "[console_scripts]\nfastintercom-wasm = fastintercom_wasm:main\n"
    files.append((f"fastintercom_wasm-{version}.dist-info/entry_points.txt", scripts.encode(), 0o644))
    needs = ["Requires-Python: >=3.10", f"Requires-Dist: {WASMTIME}"]
    return write("fastintercom-wasm", version, "any", needs, host / "README.md", files, folder)


def write(name: str, version: str, platforms: str, needs: list[str], readme: Path, files: list[File], folder: Path) -> Path:
    stem = f"{name.replace('-', '_')}-{version}"
    info = f"{stem}.dist-info"
    metadata = "\n".join(
        [
            "Metadata-Version: 2.4",
            f"Name: {name}",
            f"Version: {version}",
            f"Summary: {SUMMARY}",
            "License-Expression: MIT",
            "License-File: LICENSE",
            "Keywords: mcp,intercom",
            *needs,
            f"Project-URL: Source, {REPOSITORY}",
            "Description-Content-Type: text/markdown",
            "",
            readme.read_text(encoding="utf-8"),
        ]
    )
    is_pure = "true" if platforms == "any" else "false"
    wheel = "".join(
        [f"Wheel-Version: 1.0\nGenerator: fastintercom\nRoot-Is-Purelib: {is_pure}\n"]
        + [f"Tag: py3-none-{platform}\n" for platform in platforms.split(".")]
    )
    files = [
        *files,
        (f"{info}/METADATA", metadata.encode(), 0o644),
        (f"{info}/WHEEL", wheel.encode(), 0o644),
        (f"{info}/licenses/LICENSE", (ROOT / "LICENSE").read_bytes(), 0o644),
    ]
    record = ""
    for member, content, _ in files:
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        record += f"{member},sha256={digest},{len(content)}\n"
    files.append((f"{info}/RECORD", f"{record}{info}/RECORD,,\n".encode(), 0o644))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}-py3-none-{platforms}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content, mode in files:
            entry = zipfile.ZipInfo(member, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return path


if __name__ == "__main__":
    main()
