"""Hosts that make tools of a component's functions: wassette and ACT. Each speaks MCP on standard input and output."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

from client import Stdio

ROOT = pathlib.Path(__file__).parent.parent.parent
WASSETTE_POLICY = ROOT / "docs/deploy/wassette.policy.yaml"
ACT_MANIFEST = ROOT / "guest/adapters/act/act.toml"


class Called(Stdio):
    """A host without a timer: somebody calls `sync`."""

    # The base, the component twice, and the front.
    memories = 4

    def sync(self):
        self.call("sync")


def wassette_program():
    """The one of the package, or WASSETTE=FILE where the C library is too old for it."""
    if "WASSETTE" in os.environ:
        return os.environ["WASSETTE"]
    import wassette_cli

    program = pathlib.Path(wassette_cli.__file__).parent / "wassette"
    program.chmod(0o755)
    return str(program)


def wassette_runs():
    return subprocess.run([wassette_program(), "--version"], capture_output=True).returncode == 0


class Wassette(Called):
    """Functions at the component's root, with types; descriptions from its documentation."""

    # An instance lives as long as its call.
    memories = 0

    def __init__(self, artifact, folder, environment):
        own = folder.with_name(folder.name + ".wassette")
        components = own / "components"
        components.mkdir(parents=True, exist_ok=True)
        policy = WASSETTE_POLICY.read_text()
        for ours, theirs in (
            ("/home/you/.fastintercom-wassette", str(folder)),
            ("host: api.intercom.io", "host: 127.0.0.1"),
            ("    - key: INTERCOM_REGION\n", "    - key: INTERCOM_BASE_URL\n"),
        ):
            assert ours in policy, ours
            policy = policy.replace(ours, theirs)
        surroundings = {"PATH": os.environ["PATH"], "HOME": str(own)}
        where = ["--component-dir", str(components)]
        load = [wassette_program(), "component", "load", *where, f"file://{artifact}"]
        subprocess.run(load, env=surroundings, check=True, capture_output=True)
        (components / "fastintercom-typed.policy.yaml").write_text(policy)
        command = [wassette_program(), "run", "--disable-builtin-tools", *where]
        super().__init__(command, surroundings | environment, log=f"{folder}.log")
        self.schemas = {tool["name"]: tool["inputSchema"]["properties"] for tool in self.ask("tools/list", {})["tools"]}

    def stop(self):
        # It outlives its client, but not a signal.
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait(20)

    def call(self, tool, **arguments):
        name = tool.replace("_", "-")
        # It wants every argument, `null` for those that are left out.
        typed = dict.fromkeys(self.schemas[name])
        for argument, value in arguments.items():
            argument = argument.replace("_", "-")
            is_list = any(kind.get("type") == "array" for kind in self.schemas[name][argument].get("anyOf", []))
            typed[argument] = [value] if is_list and not isinstance(value, list) else value
        result = self.ask("tools/call", {"name": name, "arguments": typed})
        assert not result.get("isError"), result
        return json.loads(result["structuredContent"]["result"]["ok"])


class Act(Called):
    """`act:tools`; settings are a session's arguments, the token is in the host's store."""

    def __init__(self, artifact, folder, environment):
        own = folder.with_name(folder.name + ".act")
        own.mkdir(exist_ok=True)
        packed = own / "fastintercom-act.wasm"
        shutil.copy(artifact, packed)
        manifest = ACT_MANIFEST.read_text()
        for ours, theirs in (
            ("~/.fastintercom-act", str(folder)),
            ('host = "api.intercom.io"\nscheme = "https"', 'host = "127.0.0.1"\nscheme = "http"'),
            ("[std]\n", '[std]\nname = "fastintercom"\nversion = "0"\n'),
        ):
            assert ours in manifest, ours
            manifest = manifest.replace(ours, theirs)
        (own / "act.toml").write_text(manifest)
        surroundings = {"PATH": os.environ["PATH"], "HOME": str(own), "NO_COLOR": "1"}
        tools = pathlib.Path(sys.executable).parent

        def run(*command, **options):
            subprocess.run(command, cwd=own, env=surroundings, check=True, capture_output=True, **options)

        # As the artifact is, and with another folder and address.
        run(tools / "act-build", "validate", artifact)
        run(tools / "act-build", "pack", packed)
        run(tools / "act-build", "validate", packed)
        store = ["--credentials-backend", f"file:{own / 'credentials'}"]
        settings = dict(environment)
        token = settings.pop("INTERCOM_ACCESS_TOKEN", None)
        if token:
            field = "intercom:access-token"
            keep = [tools / "act", "secret", "set", *store, "--key", "intercom", "--field", field, "--fields-stdin", packed]
            run(*keep, input=json.dumps({field: token}).encode())
        grants = ["--allow", "fs", "--allow", "http=http://127.0.0.1", "--allow", "creds"]
        command = [tools / "act", "run", "--mcp", *store, *grants, "--session-args", json.dumps(settings), packed]
        super().__init__(command, surroundings, log=f"{folder}.log")
