"""Packages of Debian made here, and stand-ins for apt that know them: no network is needed."""
import io
import sys
import tarfile


def deb(folder, name, members, links=()):
    """A Debian package as dpkg-deb makes it: an ar archive of two tar files."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:xz") as tar:
        for path, content in {**members, f"./usr/share/doc/{name}/copyright": b"free\n"}.items():
            info = tarfile.TarInfo(path)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for path, target in links:
            info = tarfile.TarInfo(path)
            info.type, info.linkname = tarfile.SYMTYPE, target
            tar.addfile(info)
    archive = b"!<arch>\n"
    for member, content in (("debian-binary", b"2.0\n"), ("control.tar.xz", b""), ("data.tar.xz", data.getvalue())):
        archive += f"{member:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode() + content + b"\n" * (len(content) % 2)
    (folder / f"{name}_1.0_all.deb").write_bytes(archive)


CACHE = """#!{python}
import hashlib, os, pathlib, sys
own = [word[18:] for word in sys.argv if word.startswith("Dir::State::lists=")]
if "GONE" in os.environ and not (own and (pathlib.Path(own[0]) / "fresh").exists()):
    sys.exit(100)
for name in sys.argv[1:]:
    for path in pathlib.Path({folder!r}).glob(name + "_*.deb"):
        data = path.read_bytes()
        print(f"Package: {{name}}\\nVersion: 1.0\\nSize: {{len(data)}}\\nSHA256: {{hashlib.sha256(data).hexdigest()}}\\n")
sys.exit(100)
"""
GET = """#!{python}
import os, pathlib, shutil, sys
name = sys.argv[-1]
own = [word[18:] for word in sys.argv if word.startswith("Dir::State::lists=")]
if name == "update":
    if not (pathlib.Path(own[0]) / "partial").is_dir():
        sys.exit("E: List directory is missing")
    (pathlib.Path(own[0]) / "fresh").touch()
    sys.exit(0)
if not own and name in os.environ.get("OLD", "").split(","):
    sys.exit("E: 404  Not Found")
if name in os.environ.get("FAILS", "").split(","):
    sys.exit("E: 404  Not Found")
if name in os.environ.get("BREAKS", "").split(","):
    pathlib.Path(name + "_1.0_all.deb").write_bytes(b"!<arch>\\n")
else:
    shutil.copy(next(pathlib.Path({folder!r}).glob(name + "_*.deb")), ".")
"""


def stand_ins(debs, folder):
    """apt-cache and apt-get, in a folder for $PATH. Without the machine's lists (GONE), or with old ones (OLD: names of packages that are
    no longer there), only lists of the caller's own help; FAILS and BREAKS name packages that do not come, or come damaged."""
    folder.mkdir()
    for name, text in (("apt-cache", CACHE), ("apt-get", GET)):
        (folder / name).write_text(text.format(python=sys.executable, folder=str(debs)))
        (folder / name).chmod(0o755)
