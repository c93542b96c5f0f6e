#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""embed.py FOLDER OUT.c: the files of the built page, compressed, as a table in C. Without the folder it is empty.

OUT.c is written only when it changes, so that a build without a new page compiles nothing.
"""
import gzip
import hashlib
import pathlib
import sys

HEAD = """// SPDX-License-Identifier: GPL-3.0-or-later
// Made by web/embed.py.
#include "server/http_internal.h"

"""


def array(number, data):
    lines = (data[at:at + 24] for at in range(0, len(data), 24))
    body = "\n".join("    " + "".join(f"{byte}," for byte in line) for line in lines)
    return f"static const unsigned char file_{number}[] = {{\n{body}\n}};\n"


def main():
    folder, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    arrays, rows = [], []
    for number, path in enumerate(sorted(folder.glob("*")) if folder.is_dir() else []):
        plain = path.read_bytes()
        packed = gzip.compress(plain, 9, mtime=0)
        etag = hashlib.sha256(plain).hexdigest()[:24]
        arrays.append(array(number, packed))
        rows.append(f'    {{"{path.name}", file_{number}, sizeof file_{number}, {len(plain)}, "\\"{etag}\\""}},\n')
    rows = rows or ["    {0}, // a table is never empty\n"]
    text = "".join([HEAD, *arrays, "\nconst struct page_file page_files[] = {\n", *rows, "};\n",
                    f"const size_t page_file_count = {len(arrays)};\n"])
    if not out.exists() or out.read_text() != text:
        out.write_text(text)


main()
