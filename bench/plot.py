#!/usr/bin/env python3
"""Draws recall against false accepts per hour as an SVG: plot.py TITLE OUT.svg EVALUATION.json

EVALUATION.json is the output of `wakesmith evaluate MODEL --positives ... --negatives ... --condition ... --json`.
"""
import json
import math
import sys

title, out, source = sys.argv[1:]
document = json.load(open(source))
W, H, LEFT, RIGHT, TOP, BOTTOM = 760, 420, 64, 150, 48, 52
LOW, HIGH = 0.1, 20.0  # false accepts per hour, logarithmic
INK, GRID = "#3b4252", "#d8dee9"
COLOURS = ["#2e7d32", "#1565c0", "#c62828", "#6a1b9a"]


def x(rate):
    share = (math.log(min(max(rate, LOW), HIGH)) - math.log(LOW)) / (math.log(HIGH) - math.log(LOW))
    return LEFT + share * (W - LEFT - RIGHT)


def y(recall):
    return TOP + (1 - recall) * (H - TOP - BOTTOM)


svg = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {W} {H}" font-family="sans-serif" font-size="13" fill="{INK}">',
       f'<rect width="{W}" height="{H}" fill="white"/>', f'<text x="{LEFT}" y="26" font-size="16" font-weight="bold">{title}</text>']
for recall in (0, .2, .4, .6, .8, 1):
    svg.append(f'<line x1="{LEFT}" x2="{W - RIGHT}" y1="{y(recall):.1f}" y2="{y(recall):.1f}" stroke="{GRID}"/>'
               f'<text x="{LEFT - 8}" y="{y(recall) + 4:.1f}" text-anchor="end">{recall * 100:.0f} %</text>')
for rate in (.1, .2, .5, 1, 2, 5, 10, 20):
    svg.append(f'<line x1="{x(rate):.1f}" x2="{x(rate):.1f}" y1="{TOP}" y2="{H - BOTTOM}" stroke="{GRID}"/>'
               f'<text x="{x(rate):.1f}" y="{H - BOTTOM + 18}" text-anchor="middle">{rate:g}</text>')
svg.append(f'<text x="{(LEFT + W - RIGHT) / 2}" y="{H - 12}" text-anchor="middle">wakes by mistake, times per hour of speech, music and noise</text>')
svg.append(f'<text transform="translate(18 {(TOP + H - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">hears real people</text>')
labels = []
for colour, condition in zip(COLOURS, document["conditions"]):
    points = [(x(max(p["per_hour"], LOW)), y(p["recall"])) for p in condition["curve"] if p["per_hour"] <= HIGH]
    svg.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2.5" points="' + " ".join(f"{a:.1f},{b:.1f}" for a, b in points) + '"/>')
    chosen = condition["positives"]["recall"]
    at = document["negatives"]["per_hour"]
    svg.append(f'<circle cx="{x(at):.1f}" cy="{y(chosen):.1f}" r="5" fill="{colour}"/>')
    name = condition["condition"].replace("pink:", "pink noise, ").replace("babble:", "talkers, ")
    name = name + " dB" if "," in name else name
    labels.append([points[0][1] if points else y(1), name, colour])
labels.sort()
for i, (at, name, colour) in enumerate(labels):  # labels keep a line's distance
    labels[i][0] = max(at, labels[i - 1][0] + 18 if i else 0)
    svg.append(f'<text x="{W - RIGHT + 10}" y="{labels[i][0] + 4:.1f}" fill="{colour}">{name}</text>')
svg.append(f'<text x="{W - RIGHT + 10}" y="{H - BOTTOM - 4}" font-size="12">dots: published cutoff</text></svg>')
open(out, "w").write("\n".join(svg) + "\n")
