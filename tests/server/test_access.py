"""B33. Who may ask for what: every route of the table against strangers' hosts, strangers' pages, wrong bodies and tricks
with paths. The expected status of every cell is fixed, and nothing is ever answered with 5xx."""
import concurrent.futures
import hashlib
import json
import re
import socket
import ssl
import time

from serve import Server, check, finish

OPEN = {"/models/{file}", "/models/{run}/{file}", "/api/trained_wake_words/catalog", "/api/trained_wake_words/{file}",
        "/api/upload_captured_audio", "/api/upload_captured_audio_raw"} # for devices
START = {"/", "/{file}", "/pair", "/api/about", "/api/openapi.json"}      # for who is not paired yet
VALUES = {"bucket": "personal", "verdict": "discard", "file": "x.wav", "run": "none", "ticket": "none", "key": "none", "id": "none"}
TYPES = {"application/json": 64 << 10, "multipart/form-data": (10 << 20) + (64 << 10), "application/octet-stream": 10 << 20}
HEADERS = ["Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Permissions-Policy", "Cache-Control"]


class Raw:
    """One request, byte by byte as it is written here."""

    def __init__(self, port, method, path, headers, body=b"", host="localhost", timeout=30, tls=None, address="127.0.0.1"):
        lines = [f"{method} {path} HTTP/1.1"] + ([f"Host: {host}"] if host is not None else [])
        lines += [f"{key}: {value}" for key, value in headers]
        self.head = method == "HEAD"
        self.socket = socket.create_connection((address, port), timeout=timeout)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname=address)
        self.socket.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    def send(self, data):
        self.socket.sendall(data)

    def answer(self, most=1 << 16):
        """(status, headers, body); status 0: closed without a word. Reads events only up to `most` bytes."""
        data = b""
        try:
            while b"\r\n\r\n" not in data and len(data) < most:
                piece = self.socket.recv(1 << 16)
                if not piece:
                    break
                data += piece
            head, _, body = data.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            status = int(lines[0].split()[1]) if head else 0
            headers = {key.lower(): value.strip() for key, _, value in (line.partition(":") for line in lines[1:])}
            length = most if self.head else int(headers.get("content-length", 0)) # HEAD: up to the end
            while len(body) < min(length, most):
                piece = self.socket.recv(1 << 16)
                if not piece:
                    break
                body += piece
            return status, headers, body
        except (ConnectionError, socket.timeout):
            return 0, {}, b""
        finally:
            self.socket.close()


class Route:
    def __init__(self, method, path, about):
        self.method, self.path = method.upper(), path
        self.changes = self.method != "GET"
        self.type = next(iter(about.get("requestBody", {}).get("content", {})), None)
        self.limit = TYPES.get(self.type, 64 << 10)

    def address(self, **values):
        path = re.sub(r"\{(\w+)\}", lambda found: values.get(found[1]) or VALUES.get(found[1], "x"), self.path)
        return path + ("?token=none" if path == "/pair" else "")

    def body(self):
        """Headers and a small body of the right type."""
        if self.type == "multipart/form-data":
            body = b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--b--\r\n'
            return [("Content-Type", "multipart/form-data; boundary=b"), ("Content-Length", len(body))], body
        if self.type:
            return [("Content-Type", self.type), ("Content-Length", 2)], b"{}"
        return [("Content-Length", 0)] if self.changes else [], b""

    def __str__(self):
        return f"{self.method} {self.path}"


class Cell:
    """Collects what a column of the matrix got for every route."""

    def __init__(self, name):
        self.name, self.wrong, self.count = name, [], 0

    def expect(self, route, got, wanted):
        self.count += 1
        if got not in wanted:
            self.wrong.append(f"{route}: {got} instead of {wanted}")

    def report(self):
        check(f"{self.name} ({self.count})", self.count > 0 and not self.wrong, "; ".join(self.wrong[:8]))


def routes_of(server):
    paths = server.get("/api/openapi.json").json["paths"]
    return [Route(method, path, about) for path, methods in paths.items() for method, about in methods.items()]


def call(server, route, more=(), host="localhost", path=None, method=None, **rest):
    headers, body = route.body()
    return Raw(server.port, method or route.method, path or route.address(), headers + list(more), body, host, **rest).answer()


# ---- hosts and origins -----------------------------------------------------------------------------------------

def hosts(server, routes):
    for name, host, more in [("foreign Host", "evil.example", []), ("foreign Host with our port", "evil.example:2704", []),
                             ("empty Host", "", []), ("no Host", None, []),
                             ("repeated Host", "localhost", [("Host", "localhost")]),
                             ("two Hosts", "localhost", [("Host", "evil.example")]),
                             ("Host that ends like ours", "localhost.evil.example", []),
                             ("Host with a user", "localhost@evil.example", [])]:
        cell = Cell(name)
        for route in routes:
            cell.expect(route, call(server, route, more, host=host)[0], {403})
        cell.report()


def origins(server, routes):
    foreign = [("foreign Origin", [("Origin", "http://evil.example")]), ("null Origin", [("Origin", "null")]),
               ("Origin of another port", [("Origin", "http://localhost:1")]),
               ("Origin of another scheme", [("Origin", f"https://localhost:{server.port}")]),
               ("Origin that begins like ours", [("Origin", f"http://localhost:{server.port}.evil.example")]),
               ("empty Origin", [("Origin", "")]),
               ("foreign Referer", [("Referer", "http://evil.example/page")]),
               ("Sec-Fetch-Site: cross-site", [("Sec-Fetch-Site", "cross-site")]),
               ("Sec-Fetch-Site: same-site", [("Sec-Fetch-Site", "same-site")])]
    for name, more in foreign:
        cell = Cell(name)
        for route in (route for route in routes if route.changes):
            cell.expect(route, call(server, route, more, host=f"localhost:{server.port}")[0], {403})
        cell.report()
    ours = [("Origin", f"http://localhost:{server.port}"), ("Sec-Fetch-Site", "same-origin")]
    cell = Cell("our own Origin")
    for route in (route for route in routes if route.changes):
        status = call(server, route, ours, host=f"localhost:{server.port}")[0]
        cell.expect(route, status, {200, 400, 404, 409})
    cell.report()


# ---- methods and bodies ------------------------------------------------------------------------------------------

def methods(server, routes):
    by_path, cell, heads = {}, Cell("wrong method"), Cell("HEAD answers as GET does, without a body")
    for route in routes:
        by_path.setdefault(route.path, []).append(route)
    for path, there in by_path.items():
        allowed = {route.method for route in there} | ({"HEAD"} if any(not route.changes for route in there) else set())
        # What one file of the page is called may be the name of something else.
        for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} - allowed:
            status, headers, _ = Raw(server.port, method, there[0].address(), [("Content-Length", 0)]).answer()
            cell.expect(f"{method} {path}", status, {405})
            if status == 405:
                cell.expect(f"{method} {path}: Allow", set(headers["allow"].split(", ")), [allowed])
    cell.report()
    for route in (route for route in routes if not route.changes and not route.path.endswith("/events")):
        status, _, body = Raw(server.port, "HEAD", route.address(), [("Connection", "close")]).answer()
        heads.expect(route, status, {call(server, route)[0]})
        heads.expect(f"{route}: body", len(body), {0})
    heads.report()


def types(server, routes):
    cell, lengths, packed = Cell("wrong content type"), Cell("no length"), Cell("compressed body")
    for route in (route for route in routes if route.type):
        body = b"phrase=x"
        if route.type != "application/octet-stream":
            for wrong in ["text/plain", "application/x-www-form-urlencoded", "", "application/json, text/plain"
                          if route.type != "application/json" else "multipart/form-data; boundary=b"]:
                answer = Raw(server.port, route.method, route.address(), [("Content-Type", wrong), ("Content-Length", len(body))],
                             body).answer()
                cell.expect(f"{route} {wrong}", answer[0], {415})
        if route.type != "application/json": # a JSON route takes an absent body as {}
            answer = Raw(server.port, route.method, route.address(), [("Content-Type", "multipart/form-data; boundary=b")]).answer()
            lengths.expect(route, answer[0], {411})
        packed.expect(route, call(server, route, [("Content-Encoding", "gzip")])[0], {415})
    cell.report()
    lengths.report()
    packed.report()


def sizes(server, routes):
    told, sent = Cell("oversize, as told"), Cell("oversize, as sent in chunks")
    for route in (route for route in routes if route.changes):
        kind = route.type + "; boundary=b" if route.type == "multipart/form-data" else route.type or "application/json"
        headers = [("Content-Type", kind), ("Expect", "100-continue"), ("Content-Length", route.limit + 1)]
        told.expect(route, Raw(server.port, route.method, route.address(), headers).answer()[0], {413})
    for route in (route for route in routes if route.path in ("/api/start_session", "/api/upload_take", "/api/upload_captured_audio_raw")):
        kind = route.type + "; boundary=b" if route.type == "multipart/form-data" else route.type
        raw = Raw(server.port, route.method, route.address(), [("Content-Type", kind), ("Transfer-Encoding", "chunked")])
        first = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n' if "form" in kind else b""
        piece = b"0" * (1 << 16)
        raw.send(b"%x\r\n%s\r\n" % (len(first), first) if first else b"")
        for _ in range(route.limit // len(piece) + 2):
            raw.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        raw.send(b"0\r\n\r\n")
        sent.expect(route, raw.answer()[0], {413})
    told.report()
    sent.report()
    raw = Raw(server.port, "GET", "/" + "a" * 5000, [])
    check("an address of 5000 bytes: 414", raw.answer()[0] == 414)
    raw = Raw(server.port, "GET", "/api/about", [(f"X-{number}", "a" * 1000) for number in range(20)])
    check("20 kB of headers: 431", raw.answer()[0] == 431)
    raw = Raw(server.port, "GET", "/api/about", [("X-A", "a" * 100_000)])
    check("100 kB of headers: 431 or closed", raw.answer()[0] in (431, 0))


def left_over(server):
    return len(list((server.data / "tmp").iterdir()))


def cut_bodies(server, routes):
    for route in (route for route in routes if route.type):
        headers, body = route.body()
        headers = [(key, 5000 if key == "Content-Length" else value) for key, value in headers]
        raw = Raw(server.port, route.method, route.address(), headers, body)
        raw.socket.close()
    deadline = time.time() + 10
    while left_over(server) and time.time() < deadline:
        time.sleep(0.1)
    check("bodies that end in the middle leave nothing behind", left_over(server) == 0, list((server.data / "tmp").iterdir()))
    broken = [b"{", b"[]", b"null", b"5", b'"x"', b'{"phrase": "a", "phrase": "b"}', b'{"phrase": "\\u0000"}', b"\xff", b"{}x",
              b'{"phrase": 1e999}', b"[" * 5000, b'{"phrase": ' + b"9" * 400 + b"}", b'{"phrase": "\\ud800"}']
    cell = Cell("bodies that are no JSON object")
    for route in (route for route in routes if route.type == "application/json"):
        for body in broken:
            raw = Raw(server.port, route.method, route.address(), [("Content-Type", route.type), ("Content-Length", len(body))], body)
            cell.expect(f"{route} {body[:20]}", raw.answer()[0], {400})
    cell.report()


def slow(server, path, kind):
    """A byte every four seconds: ended after a minute, with a word. Nothing at all: closed after 20 s of silence."""
    dripping = Raw(server.port, "POST", path, [("Content-Type", kind), ("Content-Length", 1000)], timeout=90)
    began = time.time()
    try:
        while time.time() - began < 80:
            time.sleep(4)
            dripping.send(b" ")
    except OSError:
        pass
    return dripping.answer()[0], time.time() - began


def slow_bodies(server):
    silent = Raw(server.port, "POST", "/api/start_session", [("Content-Length", 10)], timeout=60)
    began = time.time()
    status = silent.answer()[0]
    return status, time.time() - began


# ---- paths -------------------------------------------------------------------------------------------------------

def path_tricks(server, routes):
    tricks = ["..", ".", "%2e%2e", "%2E%2E", ".%2e", "%2f", "a%2fb", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "%2fetc%2fpasswd", "a%5cb",
              "%00", "a%00.wav", "x.wav%00", "%0a", "%0d%0aX-Evil:1", "%c0%ae%c0%ae", "%ff", "%", "%zz", ".hidden", "a" * 300, "%7f"]
    cell = Cell("tricks in a name of a path")
    for route in (route for route in routes if "{" in route.path):
        for name in re.findall(r"\{(\w+)\}", route.path):
            for trick in tricks:
                status = call(server, route, path=route.address(**{name: trick}))[0]
                cell.expect(f"{route} {name}={trick[:20]}", status, {400})
    cell.report()
    cell = Cell("tricks with whole paths")
    for path in ["/../etc/passwd", "/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/models//x", "/models/",
                 "/models/x/", "/api", "/api/", "/api/nothing", "/a/b/c/d/e/f/g", "/models/../api/session", "/./api/about",
                 "http://evil.example/api/about", "*", "evil.example:443", "/index.html/..", "/etc/passwd", "/%2e%2e%2fetc%2fpasswd"]:
        status, _, body = Raw(server.port, "GET", path, []).answer()
        cell.expect(path, status, {400, 404})
        cell.expect(f"{path}: content", b"root:" in body, {False})
    cell.report()
    queries = Cell("tricks in queries")
    for route in (route for route in routes if route.path not in ("/api/events", "/pair")):
        for query in ["?wake_word=..%2f..", "?wake_word=%00", "?wake_word=%ff", "?a=1&a=2", "?%", "?wake_word=" + "a" * 3000]:
            queries.expect(f"{route}{query[:24]}", call(server, route, path=route.address() + query)[0], {200, 400, 404, 409})
    queries.report()


# ---- pairing -----------------------------------------------------------------------------------------------------

def unpaired(routes):
    """Behind a proxy (--plain) nobody is trusted for coming from this computer, so that the whole matrix runs on the loopback."""
    server = Server(None, "--lan", "--plain", "--host=127.0.0.1")
    for name, more in [("no token", []), ("a wrong bearer", [("Authorization", "Bearer " + "0" * 64)]), ("an empty bearer", [("Authorization", "Bearer ")]),
                       ("a wrong cookie", [("Cookie", f"wakesmith_{server.port}={'0' * 64}")]),
                       ("an empty cookie", [("Cookie", f"wakesmith_{server.port}=")])]:
        cell = Cell(name)
        for route in routes:
            status = call(server, route, more)[0]
            free = route.path in OPEN | START
            cell.expect(route, status, {200, 303, 400, 403, 404, 409} if free else {401})
        cell.report()
    told = server.get("/api/about").json
    check("a stranger is not told where the data lies", told["paired"] is False and told["data_dir"] == "", told)
    link = re.search(r"/pair\?token=\w+", (server.data / "server.out").read_text())[0]
    check("looking at a pairing link does not use it up", server.request("HEAD", link).status == 303)
    answer = server.get(link)
    cookie = answer.headers["Set-Cookie"] or ""
    check("a pairing link lets in", answer.status == 303 and answer.headers["Location"] == "/" and "HttpOnly" in cookie
          and "SameSite=Strict" in cookie and "Secure" not in cookie, answer.headers)
    check("once", server.get(link).status == 403)
    check("and tells a person why", b"<html" in server.get(link, Accept="text/html,*/*").body)
    secret = cookie.split(";")[0].split("=")[1]
    paired = Cell("the cookie of a paired device, or its bearer")
    for more in [{"Cookie": f"a=b; wakesmith_{server.port}={secret}"}, {"Authorization": f"Bearer {secret}"}]:
        paired.expect(more, server.get("/api/session", **more).status, {200})
    paired.report()
    more = server.request("POST", "/api/pairing", "{}", {"Content-Type": "application/json", "Cookie": f"wakesmith_{server.port}={secret}"})
    check("who is paired can let others in", more.status == 200 and "<svg" in more.json["qr_svg"], more)
    server.stop()
    server.start()
    answer = server.get("/api/session", Cookie=f"wakesmith_{server.port}={secret}")
    check("a restart keeps devices paired", answer.status == 200, answer)
    failures = [server.get("/pair?token=wrong").status for _ in range(40)]
    check("guessing tokens is slowed down", failures[0] == 403 and failures[-1] == 429, failures)
    server.stop()


def own_address():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        try:
            one.connect(("192.0.2.1", 9))
            return one.getsockname()[0]
        except OSError:
            return None


def network(routes):
    server = Server(None, "--lan", "--device-port=0", environment={"REC_ADVERTISED_HOST": "localhost"})
    said = (server.data / "server.out").read_text()
    device_port = int(re.search(r"devices: *http://[^:]+:(\d+)/", said)[1])
    tls = ssl.create_default_context(cafile=str(server.data / "tls" / "cert.pem"))
    answer = Raw(server.port, "GET", "/api/about", [], tls=tls, address="localhost").answer()
    check("TLS with a certificate that names localhost", answer[0] == 200 and json.loads(answer[2])["secure"], answer)
    answer = Raw(server.port, "GET", "/api/session", [], tls=tls, address="localhost").answer()
    check("this computer needs no pairing", answer[0] == 200, answer)
    pem = (server.data / "tls" / "cert.pem").read_text()
    fingerprint = ssl.PEM_cert_to_DER_cert(pem)
    check("the fingerprint is printed", hashlib.sha256(fingerprint).hexdigest().upper() in said.replace(":", ""), said)
    check("the key is private", (server.data / "tls" / "key.pem").stat().st_mode & 0o777 == 0o600
          and (server.data / "tls").stat().st_mode & 0o777 == 0o700)
    address = own_address()
    if address:
        cell = Cell("no token, from another address of the network")
        for route in routes:
            headers, body = route.body()
            status = Raw(server.port, route.method, route.address(), headers, body, host=address, tls=tls, address=address).answer()[0]
            cell.expect(route, status, {200, 400, 403, 404, 409} if route.path in OPEN | START else {401})
        cell.report()
    cell = Cell("the device port serves what devices need, and nothing else")
    for route in routes:
        headers, body = route.body()
        status, _, content = Raw(device_port, route.method, route.address(), headers, body).answer()
        cell.expect(route, status, {200, 400, 404} if route.path in OPEN else {404})
        cell.expect(f"{route}: page", b"<html" in content, {False})
    cell.report()
    plain = Raw(server.port, "GET", "/api/about", []).answer()
    check("plain HTTP on the TLS port is not answered", plain[0] == 0, plain)
    began = time.time()
    server.stop()
    check("it ends at once", time.time() - began < 5)


def main():
    server = Server()
    routes = routes_of(server)
    check("the table has routes", len(routes) > 30, len(routes))
    with concurrent.futures.ThreadPoolExecutor() as pool:
        dripping = [pool.submit(slow, server, *row) for row in
                    [("/api/start_session", "application/json"), ("/api/upload_captured_audio_raw", "audio/wav"),
                     ("/api/upload_take", "multipart/form-data; boundary=b"), ("/api/train", "text/plain")]]
        silent = pool.submit(slow_bodies, server)
        hosts(server, routes)
        origins(server, routes)
        methods(server, routes)
        types(server, routes)
        sizes(server, routes)
        path_tricks(server, routes)
        unpaired(routes)
        network(routes)
        check("silence ends a connection", silent.result()[0] == 0 and 15 < silent.result()[1] < 45, silent.result())
        results = [one.result() for one in dripping]
        check("a body that drips is ended after a minute", all(status in (408, 0) and 55 < seconds < 80 for status, seconds in results)
              and any(status == 408 for status, _ in results), results)
    cut_bodies(server, routes)
    missing = Cell("security headers on every answer")
    for path in ["/", "/api/about", "/api/nothing", "/models/x.json", "/%00", "/app.js"]:
        headers = Raw(server.port, "GET", path, []).answer()[1]
        missing.expect(path, [name for name in HEADERS if name.lower() not in headers], [[]])
        missing.expect(f"{path}: CORS", "access-control-allow-origin" in headers, {False})
    missing.report()
    check("the server is well", server.get("/api/about").status == 200)
    listening = [Raw(server.port, "GET", "/api/events", []) for _ in range(20)]
    time.sleep(1)
    began = time.time()
    server.stop()
    check("open pages do not hold up its end", time.time() - began < 5 and server.process.returncode == 0, time.time() - began)
    check("and are told", all(one.answer()[0] == 200 for one in listening))
    finish()


main()
