"""FastIntercom in PyPI's `wasmtime`: a host for the artifact that lies beside this file.

The artifact is a component of WASI 0.2 and the same bytes on every system. This host gives it
standard input and output, one folder, the settings among the environment variables, and outgoing
HTTP, which the artifact itself keeps to Intercom's API. Nothing else of the machine is open to it:
no other variable, file, socket or program.
"""

import argparse
import os
import signal
import stat
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata, resources
from pathlib import Path

PACKAGE = "fastintercom-wasm"
DEFAULT_FOLDER = "~/.fastintercom-portable"

#: What the cache's files are called; `data.db` is that of a native server, which the artifact refuses itself.
CACHE_FILES = ("lease.", "writer.", "published.", "publishing.", "data.db")


class Refusal(Exception):
    """A sentence for the user: what is wrong, and what mends it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves MCP until standard input ends, and returns the exit status."""
    # Python handles signals between two steps of its own, and a call into WebAssembly is one step.
    # To end at once is safe: what was published of the cache stays as it is.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    options = _parser().parse_args(arguments)
    try:
        folder = _data_folder(options.folder, is_replica=_is_replica(os.environ))
        return _serve(folder, _settings(os.environ, folder))
    except Refusal as refusal:
        print(f"{PACKAGE}: {refusal}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PACKAGE,
        description="Caches a company's Intercom conversations and serves them over MCP on standard input and output.",
        epilog="The access token is read from INTERCOM_ACCESS_TOKEN, or from the file that INTERCOM_ACCESS_TOKEN_FILE "
        "names. Other settings are environment variables, too (FASTINTERCOM_SYNC_DAYS, INTERCOM_REGION, …): "
        "https://github.com/fastintercom/fastintercom/blob/main/docs/CONFIGURATION.md. The first start compiles for "
        "some seconds; later ones take the compiled code from wasmtime's cache folder.",
    )
    parser.add_argument(
        "--folder",
        default=DEFAULT_FOLDER,
        help="where the cache is; the one folder that the program sees, with nothing else in it (%(default)s)",
    )
    parser.add_argument("--version", action="version", version=f"{PACKAGE} {metadata.version(PACKAGE)}")
    return parser


def _is_replica(environment: Mapping[str, str]) -> bool:
    return environment.get("FASTINTERCOM_READ_ONLY", "").strip() in ("true", "1")


def _data_folder(given: str, *, is_replica: bool) -> Path:
    """The folder of the cache, made where it is missing.

    Raises:
        Refusal: It cannot be used, others can write in it, or other files are in it.
    """
    folder = Path(given).expanduser().absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        names = [entry.name for entry in folder.iterdir()]
        mode = folder.stat().st_mode
    except OSError as error:
        raise Refusal(f"The folder {folder} cannot be used ({error.strerror}). --folder names another one.") from error
    # A replica's folder is somebody else's, and its file may have any name.
    if is_replica:
        return folder
    if not os.access(folder, os.W_OK):
        raise Refusal(f"Nothing can be written in the folder {folder}. --folder names another one.")
    if os.name == "posix" and stat.S_IMODE(mode) & (stat.S_IWGRP | stat.S_IWOTH):
        raise Refusal(f"Others can write in the folder {folder}. Close it: chmod 700 '{folder}'")
    foreign = sorted(name for name in names if not name.startswith(CACHE_FILES) and name != ".DS_Store")
    if foreign:
        raise Refusal(
            f"The folder {folder} holds {foreign[0]}, which is no part of the cache, and the program would see it. "
            "--folder names a folder of its own."
        )
    return folder


def _settings(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The variables that the artifact is told, the access token among them.

    Raises:
        Refusal: The file with the token cannot be used.
    """
    # There is no door here that a caller's token would open.
    chosen = {
        name: value
        for name, value in environment.items()
        if name.startswith(("INTERCOM_", "FASTINTERCOM_")) and not name.startswith("FASTINTERCOM_HTTP_")
    }
    # The artifact reads no file but those of its folder.
    token_file = chosen.pop("INTERCOM_ACCESS_TOKEN_FILE", "").strip()
    if not chosen.get("INTERCOM_ACCESS_TOKEN", "").strip():
        if token_file:
            chosen["INTERCOM_ACCESS_TOKEN"] = _token(Path(token_file).expanduser(), folder)
        elif not _is_replica(environment):
            print(
                f"{PACKAGE}: There is no access token, so nothing is synced and answers come from what is cached. "
                "Set INTERCOM_ACCESS_TOKEN, or INTERCOM_ACCESS_TOKEN_FILE to a file that holds it.",
                file=sys.stderr,
            )
    return chosen


def _token(file: Path, folder: Path) -> str:
    try:
        if file.resolve().is_relative_to(folder.resolve()):
            raise Refusal(f"The token's file {file} lies in the data folder, which the program can read. Move it.")
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise Refusal(f"INTERCOM_ACCESS_TOKEN_FILE names {file}, which cannot be read ({reason}).") from error


def _serve(folder: Path, settings: Mapping[str, str]) -> int:
    """Runs the artifact until standard input ends.

    Raises:
        Refusal: wasmtime is missing, or cannot run the artifact.
    """
    try:
        from wasmtime import Config, Engine, ExitTrap, Store, WasiConfig, WasmtimeError
        from wasmtime.component import Component, Linker
    except ImportError as error:
        raise _unfit(str(error)) from error
    # It says so of other processors, and its library may be for another system or not be there.
    except (OSError, RuntimeError) as error:
        raise Refusal(f"wasmtime cannot be loaded on this system ({error}).") from error

    config = Config()
    try:
        config.cache = True
    except WasmtimeError as error:
        print(f"{PACKAGE}: Compiled code is not kept, so each start takes seconds ({error}).", file=sys.stderr)
    wasi = WasiConfig()
    wasi.inherit_stdin()
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    wasi.env = settings.items()
    wasi.preopen_dir(str(folder), "/data")
    try:
        engine = Engine(config)
        store = Store(engine)
        store.set_wasi(wasi)
        store.set_wasi_http()
        linker = Linker(engine)
        linker.add_wasip2()
        linker.add_wasi_http()
        artifact = resources.files(__package__).joinpath("fastintercom-stdio.wasm").read_bytes()
        component = Component(engine, artifact)
        instance = linker.instantiate(store, component)
    # Versions before WASI's HTTP was there lack the methods; others may lack a feature.
    except (AttributeError, WasmtimeError) as error:
        raise _unfit(str(error)) from error

    # The revision of WASI 0.2 is the artifact's affair.
    command = next(name for name in component.type.exports(engine) if name.startswith("wasi:cli/run@0.2."))
    function = instance.get_export_index(store, "run", instance.get_export_index(store, command))
    assert function is not None
    run = instance.get_func(store, function)
    assert run is not None
    try:
        outcome = run(store)
    except ExitTrap as end:
        return end.code
    except WasmtimeError as error:
        print(f"{PACKAGE}: The program stopped on a fault of its own. Please report this: {error}", file=sys.stderr)
        return 1
    # Of a failure the artifact has told the reason already.
    return 0 if outcome.tag == "ok" else 1


def _unfit(reason: str) -> Refusal:
    needed = next((need for need in metadata.requires(PACKAGE) or [] if need.startswith("wasmtime")), "wasmtime")
    try:
        found = f"wasmtime {metadata.version('wasmtime')} cannot run this program"
    except metadata.PackageNotFoundError:
        found = "wasmtime is not installed"
    return Refusal(f"{found} ({reason.splitlines()[0]}). It needs another version: pip install '{needed}'")
