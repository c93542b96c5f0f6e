// SPDX-License-Identifier: GPL-3.0-or-later
// The two curves of a training, live: the loss, and what the network makes of voices that it does not learn from.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Curves as CurveData } from "../api-types";
import { formatNumber, formatPercent, t, useLanguage } from "../i18n";
import { useStore } from "../store";
import { theme } from "../theme";
import { Card, Help } from "../ui";

interface Line {
    name: string;
    colour: string; // a variable of base.css
    dash: number[]; // never colour alone
    scale: string;
    values: number[];
    show: (value: number) => string;
}
const HEIGHT = 220;

function options(lines: Line[], steps: number, width: number, style: CSSStyleDeclaration): uPlot.Options {
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const grid = { stroke: colour("--line"), width: 1 },
        ticks = { ...grid, size: 4 };
    const axis = { stroke: colour("--muted"), grid, ticks, font: `12px ${style.fontFamily}` };
    const values = (line: Line) => (_plot: uPlot, splits: number[]) => splits.map(line.show);
    return {
        width,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: {
            x: { time: false, range: () => [0, Math.max(1, steps)] },
            ...Object.fromEntries(
                lines.map(line => [
                    line.scale,
                    {
                        range: (_plot: uPlot, _low: number, high: number): [number, number] => [
                            0,
                            line.scale === "share" ? 1 : Math.max(high * 1.05, line.scale === "rate" ? 1 : 0.01),
                        ],
                    },
                ]),
            ),
        },
        axes: [
            { ...axis, size: 28, values: (_plot, splits) => splits.map(split => formatNumber(split, 0)), space: 56 },
            ...lines.map(
                (line, index) =>
                    ({
                        ...axis,
                        scale: line.scale,
                        values: values(line),
                        size: 52,
                        side: index === 0 ? 3 : 1,
                        grid: index === 0 ? grid : { show: false },
                    }) as uPlot.Axis,
            ),
        ],
        series: [
            {},
            ...lines.map(line => ({
                stroke: colour(line.colour),
                width: 2,
                dash: line.dash,
                scale: line.scale,
                points: { show: line.values.length === 1 },
            })),
        ],
    };
}

function Plot({
    title,
    help,
    waiting,
    steps,
    at,
    lines,
}: {
    title: string;
    help: string;
    waiting: string;
    steps: number;
    at: number[];
    lines: Line[];
}) {
    const place = useRef<HTMLDivElement>(null),
        plot = useRef<uPlot | null>(null);
    const colours = useStore(theme),
        language = useLanguage(),
        empty = at.length === 0;
    const data: uPlot.AlignedData = [at, ...lines.map(line => line.values)];
    const latest = useRef({ data, lines });
    latest.current = { data, lines };
    useEffect(() => {
        // anew for other colours, another language, another training
        const element = place.current;
        if (!element || empty) return;
        const made = (plot.current = new uPlot(
            options(latest.current.lines, steps, element.clientWidth, getComputedStyle(element)),
            latest.current.data,
            element,
        ));
        const watcher = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
        watcher.observe(element);
        return () => {
            watcher.disconnect();
            made.destroy();
            plot.current = null;
        };
    }, [colours, language, steps, empty, at.length === 1]);
    useEffect(() => plot.current?.setData(data), [at, lines]);
    const last = (line: Line) =>
        line.values.length ? line.show(line.values[line.values.length - 1]!) : t("train.value_none");
    return (
        <Card
            title={
                <>
                    {title} <Help text={help} />
                </>
            }>
            <ul class="curve-legend">
                {lines.map(line => (
                    <li key={line.name}>
                        <svg width="28" height="8" viewBox="0 0 28 8" aria-hidden="true">
                            <line
                                class={`curve-line curve${line.colour}`}
                                x1="1"
                                y1="4"
                                x2="27"
                                y2="4"
                                stroke-dasharray={line.dash.join(" ")}
                            />
                        </svg>
                        <span class="muted">{line.name}</span>
                        <strong class="number">{last(line)}</strong>
                    </li>
                ))}
            </ul>
            {empty ? (
                <p class="curve-empty muted">{waiting}</p>
            ) : (
                <div
                    ref={place}
                    class="curve"
                    role="img"
                    aria-label={`${title}. ${lines
                        .map(line => t("train.curve_alt", { name: line.name, value: last(line) }))
                        .join(", ")}`}
                />
            )}
        </Card>
    );
}

export function Curves({ curves }: { curves: CurveData }) {
    const steps = curves.steps;
    return (
        <div class="columns">
            <Plot
                title={t("train.curve_loss")}
                help={t("train.curve_loss_help")}
                waiting={t("train.curve_waiting")}
                steps={steps}
                at={curves.loss.map(([step]) => step)}
                lines={[
                    {
                        name: t("train.loss"),
                        colour: "--accent",
                        dash: [],
                        scale: "loss",
                        values: curves.loss.map(([, loss]) => loss),
                        show: value => formatNumber(value, 3),
                    },
                ]}
            />
            <Plot
                title={t("train.curve_judged")}
                help={t("train.curve_judged_help")}
                waiting={t(curves.loss.length ? "train.curve_waiting_judged" : "train.curve_waiting")}
                steps={steps}
                at={curves.judged.map(([step]) => step)}
                lines={[
                    {
                        name: t("train.recall"),
                        colour: "--good",
                        dash: [],
                        scale: "share",
                        values: curves.judged.map(([, recall]) => recall),
                        show: value => formatPercent(value, 0),
                    },
                    {
                        name: t("train.per_hour"),
                        colour: "--warn",
                        dash: [6, 4],
                        scale: "rate",
                        values: curves.judged.map(([, , rate]) => rate),
                        show: value => formatNumber(value, value < 10 ? 1 : 0),
                    },
                ]}
            />
        </div>
    );
}
