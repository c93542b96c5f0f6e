#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""embed_text.py FILE OUT.c NAME: a text file as a constant in C."""
import pathlib
import sys

data, out, name = pathlib.Path(sys.argv[1]).read_bytes(), pathlib.Path(sys.argv[2]), sys.argv[3]
body = "\n".join("    " + "".join(f"{byte}," for byte in data[at:at + 24]) for at in range(0, len(data), 24))
out.write_text(f"extern const char {name}[];\nextern const unsigned long {name}_size;\n"
               f"const char {name}[] = {{\n{body}\n}};\nconst unsigned long {name}_size = sizeof {name};\n")
