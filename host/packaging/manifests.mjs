// Writes the manifests of package managers that fetch the release's archives: a Homebrew formula
// and the three files of winget.
//
//   node host/packaging/manifests.mjs TAG SHA256SUMS FOLDER

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [tag, sums, folder] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node manifests.mjs TAG SHA256SUMS FOLDER");
  process.exit(2);
}
const version = tag.replace(/^v/, "");
const repository = "https://github.com/fastintercom/fastintercom";
const digests = new Map(
  readFileSync(sums, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => line.split(/\s+\*?/).reverse())
);
function archive(target, ending) {
  const name = `fastintercom-${tag}-${target}.${ending}`;
  const sha256 = digests.get(name);
  if (!sha256) throw new Error(`${sums} names no ${name}`);
  return { name, sha256, url: `${repository}/releases/download/${tag}/${name}` };
}

const brew = (target) => {
  const { url, sha256 } = archive(target, "tar.gz");
  return `url "${url}"\n      sha256 "${sha256}"`;
};
const formula = `class Fastintercom < Formula
  desc "MCP server: Intercom conversations from a fast local cache"
  homepage "${repository}"
  version "${version}"
  license "MIT"

  on_macos do
    on_arm do
      ${brew("aarch64-apple-darwin")}
    end
    on_intel do
      ${brew("x86_64-apple-darwin")}
    end
  end

  on_linux do
    on_arm do
      ${brew("aarch64-unknown-linux-musl")}
    end
    on_intel do
      ${brew("x86_64-unknown-linux-musl")}
    end
  end

  def install
    bin.install "fastintercom"
    generate_completions_from_executable(bin/"fastintercom", "completions")
    man1.mkpath
    system bin/"fastintercom", "manual", man1
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/fastintercom --version")
  end
end
`;

const windows = archive("x86_64-pc-windows-msvc", "zip");
const id = "FastIntercom.FastIntercom";
const head = (type) => `# yaml-language-server: $schema=https://aka.ms/winget-manifest.${type}.1.10.0.schema.json
PackageIdentifier: ${id}
PackageVersion: ${version}
`;
const foot = (type) => `ManifestType: ${type}\nManifestVersion: 1.10.0\n`;
const winget = {
  [`${id}.yaml`]: `${head("version")}DefaultLocale: en-US\n${foot("version")}`,
  [`${id}.locale.en-US.yaml`]: `${head("defaultLocale")}PackageLocale: en-US
Publisher: FastIntercom
PackageName: FastIntercom
PackageUrl: ${repository}
License: MIT
ShortDescription: MCP server that answers from a fast local cache of Intercom conversations
${foot("defaultLocale")}`,
  [`${id}.installer.yaml`]: `${head("installer")}InstallerType: zip
NestedInstallerType: portable
NestedInstallerFiles:
- RelativeFilePath: ${windows.name.replace(/\.zip$/, "")}\\fastintercom.exe
  PortableCommandAlias: fastintercom
Installers:
- Architecture: x64
  InstallerUrl: ${windows.url}
  InstallerSha256: ${windows.sha256.toUpperCase()}
${foot("installer")}`,
};

mkdirSync(join(folder, "winget"), { recursive: true });
writeFileSync(join(folder, "fastintercom.rb"), formula);
for (const [name, text] of Object.entries(winget)) writeFileSync(join(folder, "winget", name), text);
