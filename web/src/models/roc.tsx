// SPDX-License-Identifier: GPL-3.0-or-later
// Recall against false accepts an hour, of one model or of two.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Level } from "../api-types";
import { formatNumber, t, useLanguage } from "../i18n";
import { useStore } from "../store";
import { theme } from "../theme";
import { rocPoints } from "./report";
import type { CurvePoint } from "./report";

export interface RocLine {
    name: string;
    curve: CurvePoint[];
    levels: Level[]; // marked on the line
}
const HEIGHT = 280;
const colourNames = ["--accent", "--warn"];
const dashes = [[], [8, 5]]; // never colour alone

// Linear up to a tenth of a mistake an hour, logarithmic above: 0 has a place.
const TICKS = [0, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

function table(lines: RocLine[]): uPlot.AlignedData {
    const tables: uPlot.AlignedData[] = lines.map(({ curve }) => {
        const { perHour, recall } = rocPoints(curve);
        return [perHour, recall];
    });
    const marks: uPlot.AlignedData[] = lines.map(({ levels }) => {
        const sorted = [...levels].sort((a, b) => a.per_hour - b.per_hour);
        return [sorted.map(level => level.per_hour), sorted.map(level => 100 * level.recall)];
    });
    return uPlot.join([...tables, ...marks]);
}

function options(lines: RocLine[], width: number, style: CSSStyleDeclaration): uPlot.Options {
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const ink = colour("--muted"), grid = { stroke: colour("--line"), width: 1 };
    const font = `13px ${style.fontFamily}`;
    const axis = { stroke: ink, grid, ticks: { ...grid, size: 4 }, font, labelFont: font, labelGap: 4 };
    const stroke = (index: number) => colour(colourNames[index % colourNames.length]!);
    return {
        width, height: HEIGHT, legend: { show: false }, cursor: { show: false },
        scales: {
            x: { time: false, distr: 4, asinh: 0.1, range: (_plot, _low, high) => [0, Math.max(10, high)] },
            y: { range: (_plot, low) => [Math.min(50, Math.max(0, Math.floor(low / 10) * 10)), 100] },
        },
        axes: [
            { ...axis, label: t("models.roc_x"), labelSize: 24, size: 32,
              splits: (_plot, _index, low, high) => TICKS.filter(tick => tick >= low && tick <= high),
              filter: (plot, splits) => {
                  let last = -Infinity; // a number that would run into the one before it is left out
                  return splits.map(split => {
                      const at = plot.valToPos(split, "x");
                      if (at - last < 34) return null;
                      last = at;
                      return split;
                  });
              },
              values: (_plot, splits) => splits.map(split => split === null ? "" : formatNumber(split, 2)) },
            { ...axis, label: t("models.roc_y"), labelSize: 24, size: 48,
              values: (_plot, splits) => splits.map(split => `${formatNumber(split, 0)}\u00a0%`) },
        ],
        series: [
            {},
            ...lines.map((line, index): uPlot.Series => ({ label: line.name, stroke: stroke(index), width: 2, dash: dashes[index] ?? [],
                spanGaps: true, points: { show: false }, paths: uPlot.paths.stepped!({ align: 1 }) })),
            ...lines.map((line, index): uPlot.Series => ({ label: line.name, stroke: stroke(index), paths: () => null,
                points: { show: true, size: 10, width: 2, fill: colour("--card") } })),
        ],
    };
}

export function Roc({ lines }: { lines: RocLine[] }) {
    const root = useRef<HTMLDivElement>(null);
    const look = useStore(theme), language = useLanguage();
    useEffect(() => {
        const element = root.current!;
        const style = getComputedStyle(element);
        const plot = new uPlot(options(lines, Math.max(200, element.clientWidth), style), table(lines), element);
        const resize = new ResizeObserver(() => plot.setSize({ width: Math.max(200, element.clientWidth), height: HEIGHT }));
        resize.observe(element);
        return () => {
            resize.disconnect();
            plot.destroy();
        };
    }, [lines, look, language]);
    return (
        <figure class="roc">
            <div ref={root} role="img" aria-label={t("models.roc_label")} />
            {lines.length > 1 && (
                <ul class="roc-legend">
                    {lines.map((line, index) => <li key={line.name} class={`roc-line-${index}`}><span aria-hidden="true" />{line.name}</li>)}
                </ul>
            )}
            <figcaption class="small muted">{t("models.roc_help")}</figcaption>
        </figure>
    );
}
