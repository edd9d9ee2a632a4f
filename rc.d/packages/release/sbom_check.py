"""Compares what an SBOM lists with what the programs say that they are made of.

Usage: sbom_check.py FILE.cdx.json PROGRAM...

cargo-auditable puts the names and versions of a program's crates into its section .dep-v0, as JSON in zlib's form, of what
was built: another source than the one that the SBOM is made of.
"""

import json
import re
import struct
import sys
import zlib


def section(path, wanted):
    """The bytes of a section of an ELF file of 64 bits, or None."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:5] != b"\x7fELF\x02":
        return None
    order = "<" if data[5] == 1 else ">"
    (start,) = struct.unpack_from(order + "Q", data, 0x28)
    size, count, names = struct.unpack_from(order + "HHH", data, 0x3A)
    headers = [struct.unpack_from(order + "IIQQQQ", data, start + at * size) for at in range(count)]
    table = headers[names][4]
    for name, _, _, _, offset, length in headers:
        end = data.index(b"\0", table + name)
        if data[table + name : end] == wanted:
            return data[offset : offset + length]
    return None


def built_of(path):
    """The crates of a program, without those that only built it."""
    data = section(path, b".dep-v0")
    if data is None:
        return None
    packages = json.loads(zlib.decompress(data).decode())["packages"]
    return {(package["name"], package["version"]) for package in packages if package.get("kind") != "build"}


def mistakes(document):
    """What CycloneDX 1.5 requires and the document lacks."""
    if document.get("bomFormat") != "CycloneDX" or document.get("specVersion") != "1.5":
        yield "it is no CycloneDX 1.5"
    if not re.match("urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", document.get("serialNumber", "")):
        yield "its serialNumber is no urn:uuid"
    if not isinstance(document.get("version"), int):
        yield "its version is no whole number"
    if not re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", document.get("metadata", {}).get("timestamp", "")):
        yield "metadata has no timestamp"
    components = document.get("components", []) + [document.get("metadata", {}).get("component", {})]
    for component in components:
        for key in ("type", "name", "version", "bom-ref", "purl", "licenses"):
            if not component.get(key):
                yield "%s has no %s" % (component.get("name"), key)
    refs = [component.get("bom-ref") for component in components]
    if len(set(refs)) != len(refs):
        yield "a bom-ref is there twice"
    for edge in document.get("dependencies", []):
        for ref in [edge["ref"]] + edge.get("dependsOn", []):
            if ref not in refs:
                yield "%s is no component" % ref


def main():
    """Prints what is wrong, or a line with the numbers of crates."""
    with open(sys.argv[1], encoding="utf-8") as file:
        document = json.load(file)
    wrong = list(mistakes(document))
    listed = {(component["name"], component["version"]) for component in document["components"]}
    found = set()
    for program in sys.argv[2:]:
        crates = built_of(program)
        if crates is None:
            wrong.append("%s does not say what it is made of; build it with cargo auditable" % program)
            continue
        found |= crates
        wrong += ["%s has %s %s, which is not listed" % (program, *crate) for crate in sorted(crates - listed)]
    if wrong:
        sys.exit("\n".join(wrong))
    print("%d crates listed, %d of them named by the programs" % (len(listed), len(found)))


main()
