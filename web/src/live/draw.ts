// SPDX-License-Identifier: GPL-3.0-or-later
// The curve of the live test: how sure the model is, the line that it must pass, and what was found.
import type { Finding } from "./session";

export interface Picture {
    from: number; // rows at the left and right edge
    to: number;
    first: number; // row of means[0]
    means: Float32Array;
    cutoff: number; // 0..1
    findings: readonly Finding[];
}

// The highest mean in each of `columns` columns; NaN where nothing is known. Where rows are fewer, each fills several.
export function columnsOf({ from, to, first, means }: Omit<Picture, "cutoff" | "findings">, columns: number): Float32Array {
    const heights = new Float32Array(columns).fill(NaN);
    const columnOf = (row: number) => Math.floor((row - from) * columns / (to - from));
    means.forEach((mean, i) => {
        const begin = Math.max(columnOf(first + i), 0), end = Math.min(Math.max(columnOf(first + i + 1), begin + 1), columns);
        for (let column = begin; column < end; column++)
            if (!(heights[column]! >= mean)) heights[column] = mean;
    });
    return heights;
}

const TOP = 20, FOOT = 4; // room for the marks and below the zero line

export function draw(canvas: HTMLCanvasElement, picture: Picture): void {
    const width = canvas.clientWidth, height = canvas.clientHeight, scale = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
    if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
    const pen = canvas.getContext("2d");
    if (!pen || width < 2) return;
    const style = getComputedStyle(canvas), colour = (name: string) => style.getPropertyValue(name).trim();
    const y = (share: number) => TOP + (1 - share) * (height - TOP - FOOT);
    const x = (row: number) => (row - picture.from) / (picture.to - picture.from) * width;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.lineWidth = 1;
    pen.strokeStyle = colour("--line");
    for (const share of [0, 0.5, 1]) line(pen, 0, y(share), width, y(share));
    area(pen, columnsOf(picture, Math.floor(width)), y, colour("--accent"));
    pen.strokeStyle = colour("--warn");
    pen.lineWidth = 2;
    pen.setLineDash([6, 4]);
    line(pen, 0, y(picture.cutoff), width, y(picture.cutoff));
    pen.setLineDash([]);
    for (const finding of picture.findings)
        if (finding.row >= picture.from && finding.row < picture.to) mark(pen, x(finding.row), y(finding.mean), height, finding, colour);
}

function line(pen: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.lineTo(x2, y2);
    pen.stroke();
}

function area(pen: CanvasRenderingContext2D, heights: Float32Array, y: (share: number) => number, colour: string): void {
    const known = [...heights.keys()].filter(i => !Number.isNaN(heights[i]!));
    if (known.length === 0) return;
    const trace = () => {
        pen.beginPath();
        known.forEach((i, at) => at === 0 ? pen.moveTo(i, y(heights[i]!)) : pen.lineTo(i, y(heights[i]!)));
    };
    trace();
    pen.lineTo(known.at(-1)!, y(0));
    pen.lineTo(known[0]!, y(0));
    pen.fillStyle = colour;
    pen.globalAlpha = 0.18;
    pen.fill();
    pen.globalAlpha = 1;
    trace();
    pen.strokeStyle = colour;
    pen.lineWidth = 2;
    pen.stroke();
}

// A detection: a line with a filled triangle; a near miss: a ring on the curve; a miss: a cross. Form, not colour alone.
function mark(pen: CanvasRenderingContext2D, x: number, y: number, height: number, { kind }: Finding,
              colour: (name: string) => string): void {
    pen.lineWidth = 2;
    pen.strokeStyle = pen.fillStyle = colour(kind === "detection" ? "--good" : kind === "near" ? "--warn" : "--bad");
    if (kind === "detection") {
        line(pen, x, TOP - 6, x, height - FOOT);
        pen.beginPath();
        pen.moveTo(x - 7, 2);
        pen.lineTo(x + 7, 2);
        pen.lineTo(x, TOP - 4);
        pen.fill();
    } else if (kind === "near") {
        pen.beginPath();
        pen.arc(x, y, 5, 0, 2 * Math.PI);
        pen.stroke();
    } else {
        line(pen, x - 5, y - 5, x + 5, y + 5);
        line(pen, x - 5, y + 5, x + 5, y - 5);
    }
}
