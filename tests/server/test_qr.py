"""A reader of QR codes reads ours: the one of the terminal and the one of the page."""
import re
import sys

from serve import Server, check, finish

try:
    import numpy
    import zxingcpp
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

SCALE = 6


def read(dark):
    """What a picture of modules says."""
    picture = numpy.where(numpy.array(dark), 0, 255).astype(numpy.uint8)
    picture = numpy.pad(picture, 4, constant_values=255).repeat(SCALE, 0).repeat(SCALE, 1)
    found = zxingcpp.read_barcodes(picture)
    return found[0].text if found else None


def of_svg(svg):
    side = int(re.search(r'viewBox="0 0 (\d+) ', svg)[1])
    dark = [[False] * side for _ in range(side)]
    for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", svg):
        dark[int(y)][int(x)] = True
    return dark


def of_terminal(lines):
    dark = []
    for line in lines:
        signs = re.sub(r"\033\[[0-9;]*m", "", line)
        dark += [[sign in " ▄" for sign in signs], [sign in " ▀" for sign in signs]]
    return dark


server = Server(None, "--lan", "--plain", "--host=127.0.0.1", "--qr")
said = (server.data / "server.out").read_text()
link = re.search(r"http\S+token=\w+", said)[0]
check("the terminal's code is its link", read(of_terminal([line for line in said.splitlines() if "█" in line])) == link, said)
cookie = server.get(link[link.index("/pair"):]).headers["Set-Cookie"].split(";")[0]
answer = server.request("POST", "/api/pairing", "{}", {"Content-Type": "application/json", "Cookie": cookie}).json
check("the page's code is its link", read(of_svg(answer["qr_svg"])) == answer["url"], answer)
server.stop()
finish()
