"""Runs the artifact for standard input and output under PyPI's wasmtime: python stdio.py ARTIFACT FOLDER."""

import os
import sys

from wasmtime import Config, Engine, Store, WasiConfig
from wasmtime.component import Component, Linker

artifact, folder = sys.argv[1:3]
config = Config()
config.cache = True
engine = Engine(config)
wasi = WasiConfig()
wasi.inherit_stdin()
wasi.inherit_stdout()
wasi.inherit_stderr()
# The artifact needs nothing else of the environment.
wasi.env = [(name, value) for name, value in os.environ.items() if name.startswith(("INTERCOM_", "FASTINTERCOM_"))]
wasi.preopen_dir(folder, "/data")
store = Store(engine)
store.set_wasi(wasi)
store.set_wasi_http()
linker = Linker(engine)
linker.add_wasip2()
linker.add_wasi_http()
instance = linker.instantiate(store, Component.from_file(engine, artifact))
run = instance.get_export_index(store, "wasi:cli/run@0.2.12")
instance.get_func(store, instance.get_export_index(store, "run", run))(store)
