#!/usr/bin/env python3
"""Adds up the tests of the build folders named on the command line; the last line is 'N passed, N failed, N skipped'.

A cmocka or referee program holds several tests and says so in its output; any other program counts as one.
"""
import json
import pathlib
import re
import sys

LINES = {"passed": r"^\[\s+OK \] \w", "failed": r"^\[\s+FAILED\s+\] \w[^:]*$", "skipped": r"^\[\s+SKIPPED\s+\] \w[^:]*$"}
total = dict.fromkeys(LINES, 0)
for folder in sys.argv[1:]:
    log = pathlib.Path(folder, "meson-logs", "testlog.json")
    for line in log.read_text().splitlines():
        test = json.loads(line)
        output = test.get("stdout", "") + "\n" + test.get("stderr", "")
        counts = {name: len(set(re.findall(pattern + ".*", output, re.M))) for name, pattern in LINES.items()}
        good, skipped = test["result"] in ("OK", "EXPECTEDFAIL"), test["result"] == "SKIP"
        if not any(counts.values()):
            counts["passed" if good else "skipped" if skipped else "failed"] = 1
        elif not good and not skipped and not counts["failed"]:
            counts["failed"] = 1
        for name in total:
            total[name] += counts[name]
        for why in re.findall(r"^skipped: .*", output, re.M):
            print(f"{test['name']}: {why}")
        if not good and not skipped:
            print(f"FAILED: {test['name']} in {folder}")
print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
sys.exit(1 if total["failed"] else 0)
