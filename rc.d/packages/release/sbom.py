"""Prints what the programs are made of, as CycloneDX 1.5 in JSON, from what cargo knows and Cargo.lock.

Usage: sbom.py TRIPLE FOLDER_OF_THE_SOURCES; from the environment CARGO, SOURCE_DATE_EPOCH

The same commit prints the same bytes. A crate is listed when a program may be made of it: what only builds or tests them is left out. A macro, and
what only macros need, runs in the compiler and has the scope `excluded`; cargo-auditable names them in the programs, too.
"""

import datetime
import json
import os
import re
import subprocess
import sys
import uuid

PROGRAMS = ("smokerd", "smokercli", "smoker-fleet", "smoker-bridge")  # check_smoker_plugin is of smokercli.


def metadata(triple, top):
    """What cargo knows of the workspace on one target."""
    command = [os.environ.get("CARGO", "cargo"), "metadata", "--locked", "--offline", "--format-version", "1"]
    out = subprocess.run(command + ["--filter-platform", triple], cwd=top, stdout=subprocess.PIPE, check=True).stdout
    return json.loads(out.decode())


def checksums(top):
    """The SHA-256 of each crate's archive, by name and version."""
    with open(os.path.join(top, "Cargo.lock"), encoding="utf-8") as lock:
        entries = lock.read().split("[[package]]")[1:]
    found = {}
    for entry in entries:
        keys = dict(re.findall(r'^(\w+) = "(.*)"$', entry, re.MULTILINE))
        found[keys["name"], keys["version"]] = keys.get("checksum")
    return found


def reached(nodes, roots, without=()):
    """The ids of all that the roots need without some, and what each of these needs."""
    needs = {}
    left = list(roots)
    while left:
        this = left.pop()
        if this not in needs:
            wanted = nodes[this]["deps"]
            wanted = {need["pkg"] for need in wanted if any(kind["kind"] is None for kind in need["dep_kinds"])}
            needs[this] = sorted(wanted.difference(without))
            left.extend(needs[this])
    return needs


def purl(package):
    """The address of a crate, as package URLs have it; crates of this repository come from no registry."""
    address = "pkg:cargo/%s@%s" % (package["name"], package["version"].replace("+", "%2B"))
    return address if package["source"] else address + "?download_url=."


def component(package, checksum, runs):
    """One crate, and whether it runs in the programs."""
    shown = {"type": "library", "bom-ref": purl(package), "name": package["name"], "version": package["version"]}
    shown["purl"] = purl(package)
    shown["scope"] = "required" if runs else "excluded"
    if package["license"]:
        # Before SPDX had expressions, a slash stood for OR.
        shown["licenses"] = [{"expression": re.sub(r"\s*/\s*", " OR ", package["license"])}]
    if checksum:
        shown["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    if package["repository"]:
        shown["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return shown


def main():
    """Prints the document."""
    triple, top = sys.argv[1:]
    known = metadata(triple, top)
    packages = {package["id"]: package for package in known["packages"]}
    ours = [packages[member] for member in known["workspace_members"]]
    roots = [package for package in ours if package["name"] in PROGRAMS]
    macros = {id for id, package in packages.items() if any("proc-macro" in t["kind"] for t in package["targets"])}
    nodes = {node["id"]: node for node in known["resolve"]["nodes"]}
    ids = [package["id"] for package in roots]
    needs, running = reached(nodes, ids), reached(nodes, ids, macros)
    sums = checksums(top)
    order = sorted(needs, key=lambda id: (packages[id]["name"], packages[id]["version"]))
    checksum = {id: sums.get((packages[id]["name"], packages[id]["version"])) for id in order}
    components = [component(packages[id], checksum[id], id in running) for id in order]
    version = roots[0]["version"]
    smoker = "pkg:generic/smoker@%s?target=%s" % (version, triple)
    edges = [{"ref": smoker, "dependsOn": sorted(purl(package) for package in roots)}]
    edges += [{"ref": purl(packages[id]), "dependsOn": [purl(packages[need]) for need in needs[id]]} for id in order]
    when = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
    whole = {"type": "application", "bom-ref": smoker, "name": "smoker", "version": version, "purl": smoker}
    whole["licenses"] = [{"expression": roots[0]["license"]}]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"timestamp": when.strftime("%Y-%m-%dT%H:%M:%SZ"), "component": whole},
        "components": components,
        "dependencies": edges,
    }
    # Of the content, in place of a random one.
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(document, sort_keys=True))
    document["serialNumber"] = "urn:uuid:%s" % serial
    print(json.dumps(document, indent=1, sort_keys=True))


main()
