#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the golden .axt files beside this script and their MANIFEST.csv, from docs/container-format.md.

It shares no code with the C++ writer, not even the checksum: XXH3 is written out below by its
specification (github.com/Cyan4973/xxHash, doc/xxhash_spec.md). Only the standard library is needed.

  make_tables.py           write the files
  make_tables.py --check   exit 1 if a file differs from what would be written
"""
import hashlib
import json
import pathlib
import struct
import sys

# --- XXH3, 64 bits, no seed -----------------------------------------------------------------------
MASK = (1 << 64) - 1
P32_1, P32_2, P32_3 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D
P64_1, P64_2, P64_3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
P64_4, P64_5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5
MX_1, MX_2 = 0x165667919E3779F9, 0x9FB21C651E98DF25
SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
    "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
    "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
    "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
    "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e")


def u32(data, at):
    return struct.unpack_from("<I", data, at)[0]


def u64(data, at):
    return struct.unpack_from("<Q", data, at)[0]


def fold(a, b):
    product = a * b
    return (product & MASK) ^ (product >> 64)


def avalanche(x):
    x ^= x >> 37
    x = x * MX_1 & MASK
    return x ^ x >> 32


def avalanche64(x):
    x ^= x >> 33
    x = x * P64_2 & MASK
    x ^= x >> 29
    x = x * P64_3 & MASK
    return x ^ x >> 32


def mix16(data, at, secret_at):
    return fold(u64(data, at) ^ u64(SECRET, secret_at),
                u64(data, at + 8) ^ u64(SECRET, secret_at + 8))


def xxh3_short(data):
    n = len(data)
    if n == 0:
        return avalanche64(u64(SECRET, 56) ^ u64(SECRET, 64))
    if n <= 3:
        combined = data[n - 1] | n << 8 | data[0] << 16 | data[n >> 1] << 24
        return avalanche64(combined ^ u32(SECRET, 0) ^ u32(SECRET, 4))
    if n <= 8:
        x = (u32(data, n - 4) | u32(data, 0) << 32) ^ u64(SECRET, 8) ^ u64(SECRET, 16)
        x ^= ((x << 49 | x >> 15) ^ (x << 24 | x >> 40)) & MASK
        x = x * MX_2 & MASK
        x ^= (x >> 35) + n
        x = x * MX_2 & MASK
        return x ^ x >> 28
    low = u64(data, 0) ^ u64(SECRET, 24) ^ u64(SECRET, 32)
    high = u64(data, n - 8) ^ u64(SECRET, 40) ^ u64(SECRET, 48)
    swapped = int.from_bytes(low.to_bytes(8, "little"), "big")
    return avalanche((n + swapped + high + fold(low, high)) & MASK)


def xxh3_medium(data):
    n = len(data)
    acc = n * P64_1
    if n <= 128:
        for i in range((n - 1) // 32, -1, -1):
            acc += mix16(data, 16 * i, 32 * i) + mix16(data, n - 16 * (i + 1), 32 * i + 16)
        return avalanche(acc & MASK)
    for i in range(8):
        acc += mix16(data, 16 * i, 16 * i)
    acc = avalanche(acc & MASK)
    for i in range(8, n // 16):
        acc += mix16(data, 16 * i, 16 * (i - 8) + 3)
    acc += mix16(data, n - 16, 136 - 17)
    return avalanche(acc & MASK)


def accumulate(acc, data, at, secret_at):
    for i in range(8):
        value = u64(data, at + 8 * i)
        key = value ^ u64(SECRET, secret_at + 8 * i)
        acc[i ^ 1] = acc[i ^ 1] + value & MASK
        acc[i] = acc[i] + (key & 0xFFFFFFFF) * (key >> 32) & MASK


def xxh3_long(data):
    n = len(data)
    acc = [P32_3, P64_1, P64_2, P64_3, P64_4, P32_2, P64_5, P32_1]
    stripes_per_block = (len(SECRET) - 64) // 8
    for stripe in range((n - 1) // 64):
        accumulate(acc, data, 64 * stripe, 8 * (stripe % stripes_per_block))
        if stripe % stripes_per_block == stripes_per_block - 1:
            for i in range(8):
                x = acc[i] ^ acc[i] >> 47 ^ u64(SECRET, len(SECRET) - 64 + 8 * i)
                acc[i] = x * P32_1 & MASK
    accumulate(acc, data, n - 64, len(SECRET) - 64 - 7)
    result = n * P64_1
    for i in range(4):
        result += fold(acc[2 * i] ^ u64(SECRET, 11 + 16 * i),
                       acc[2 * i + 1] ^ u64(SECRET, 11 + 16 * i + 8))
    return avalanche(result & MASK)


def xxh3(data):
    if len(data) <= 16:
        return xxh3_short(data)
    return xxh3_medium(data) if len(data) <= 240 else xxh3_long(data)


# --- the container --------------------------------------------------------------------------------
ENTRY_TYPES = {"h": 1, "H": 2, "i": 3}  # struct's letter -> the header's number
SECTION_ENTRIES, SECTION_INFO, SECTION_PLAN = 1, 2, 3


def pad(data):
    return data + bytes(-len(data) % 64)


def container(width_a, width_b, width_product, signed, letter, products, info, plan=b""):
    entries = b"".join(struct.pack("<" + letter, p) for p in products)
    text = json.dumps(info, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    sections = [(SECTION_ENTRIES, entries), (SECTION_INFO, text)]
    if plan:
        sections.append((SECTION_PLAN, plan))
    body, table = b"", b""
    for number, data in sections:
        body = pad(body)
        table += struct.pack("<IIQQQ", number, 0, 192 + len(body), len(data), xxh3(data))
        body += data
    header = b"\x89AXT\r\n\x1a\n" + struct.pack(
        "<HBBBBBBBBBBIQQ", 1, 1, ENTRY_TYPES[letter], width_a, width_b, width_product, 0,
        signed, signed, signed, 0, len(sections), len(products), 192 + len(body))
    header = header.ljust(64, b"\0") + table
    header = header.ljust(184, b"\0")
    return header + struct.pack("<Q", xxh3(header)) + body


def value(pattern, width, signed):
    return pattern - (1 << width) if signed and pattern >> (width - 1) else pattern


def products_of(width_a, width_b, signed, product=lambda a, b: a * b):
    return [product(value(a, width_a, signed), value(b, width_b, signed))
            for a in range(1 << width_a) for b in range(1 << width_b)]


def plan_section(plans):
    """The plan section, from docs/container-format.md. A plan is (width_a, width_b, offset_a, offset_b,
    terms, residual), each offset with its size in bytes."""
    section = struct.pack("<HH", 1, len(plans))
    for width_a, width_b, (size_a, offset_a), (size_b, offset_b), terms, residual in plans:
        entry_size = residual["entry_size"] if residual else 0
        section += struct.pack("<BBHBBBB", width_a, width_b, len(terms), size_a, size_b, entry_size, 0)
        for size, offsets in ((size_a, offset_a), (size_b, offset_b)):
            for offset in offsets if size else ():
                section += offset.to_bytes(size, "little", signed=True)
        for scale, u, v in terms:
            section += struct.pack("<i", scale) + bytes(u) + bytes(x & 255 for x in v)
        if residual:
            section += struct.pack("<iHH", residual["scale"], residual["count_a"],
                                   residual["count_b"])
            section += bytes(residual["class_a"]) + bytes(residual["class_b"])
            for entry in residual["entries"]:
                section += entry.to_bytes(entry_size, "little")
    return section


def golden_plans():
    """Two plans of the 2x1 table 300000 a b + 9 [a = 3] + 300 [b = 0]: one term; a lookup after a term."""
    one_term = (2, 1, (1, [0, 0, 0, 9]), (2, [300, 0]), [(300000, [0, 1, 2, 3], [0, 1])], None)
    # 300000 a b = -100000 [0, 1, 2, 2] (-b) + 100000 [0, 2, 4, 7] b
    lookup = {"scale": 100000, "entry_size": 2, "count_a": 4, "count_b": 2,
              "class_a": [0, 1, 2, 3], "class_b": [0, 1], "entries": [0, 0, 0, 2, 0, 4, 0, 7]}
    split = (2, 1, (1, [0, 0, 0, 9]), (2, [300, 0]), [(-100000, [0, 1, 2, 2], [0, -1])], lookup)
    return plan_section([one_term, split])


def golden_files():
    exact_2x2 = {
        "name": "exact:2x2", "ports": {"a": "A", "b": "B", "product": "O"},
        "source": {"file": "", "sha256": "", "kind": "formula", "top": "exact:2x2"},
        "tools": {"axlut": "0.1.0"}, "metrics": {"mae": 0.0, "wce": 0.0}, "hardware": {}}
    # Signed, unequal widths, not commutative, text outside ASCII, every field filled.
    signed_3x2 = {
        "name": "mul3x2s_floor", "ports": {"a": "multiplicand", "b": "multiplier", "product": "Z"},
        "source": {"file": "Vervielfältiger/mul3x2s_floor.v", "sha256": "0123456789abcdef" * 4,
                   "kind": "verilog", "top": "mul3x2s_floor"},
        "tools": {"axlut": "0.1.0", "yosys": "0.23"},
        "metrics": {"bias": -0.5, "ep_pct": 50.0, "mae": 0.5, "wce": 1.0},
        "hardware": {"area_um2": 41.3, "delay_ns": 0.2, "power_mw": 0.0085}}
    # Products of 17 bits and more need 32-bit entries; the widths alone would not.
    wide = dict(exact_2x2, name="wide", metrics={}, source=dict(exact_2x2["source"], top="wide"))
    return {
        "exact_2x2.axt": container(2, 2, 4, 0, "H", products_of(2, 2, 0), exact_2x2),
        "signed_3x2.axt": container(3, 2, 5, 1, "h",
                                    products_of(3, 2, 1, lambda a, b: a * b // 2 * 2), signed_3x2),
        "plan_2x1.axt": container(2, 1, 20, 0, "i",
                                  [a * b * 300000 + 9 * (a == 3) - 300 * b + 300
                                   for a in range(4) for b in range(2)], wide,
                                  plan=golden_plans()),
    }


CONTENT = {
    "exact_2x2.axt": "exact 2x2 unsigned; the example of docs/container-format.md",
    "signed_3x2.axt": "3x2 signed, lowest product bit cleared; every info field filled, UTF-8",
    "plan_2x1.axt": "2x1 unsigned, 20-bit products in 32-bit entries; with two plans",
}


def manifest(files):
    lines = ["file,what,source,licence,sha256"]
    for name, data in sorted(files.items()):
        digest = hashlib.sha256(data).hexdigest()
        lines.append(f'{name},"{CONTENT[name]}","AxLUT, make_tables.py",MIT,{digest}')
    return ("\n".join(lines) + "\n").encode()


def main():
    folder = pathlib.Path(__file__).resolve().parent
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit(__doc__)
    differing = []
    files = golden_files()
    files["MANIFEST.csv"] = manifest(files)
    for name, data in files.items():
        path = folder / name
        if not check:
            path.write_bytes(data)
        elif not path.exists() or path.read_bytes() != data:
            differing.append(name)
    if differing:
        sys.exit("differs from what this script writes: " + ", ".join(differing))


if __name__ == "__main__":
    main()
