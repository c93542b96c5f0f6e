// SPDX-License-Identifier: GPL-3.0-or-later
// Left the level of the microphone, right the curve of the last ten seconds, or of a whole file.
import { useEffect, useRef, useState } from "preact/hooks";
import { formatNumber, formatPercent, t } from "../i18n";
import { decibels, onMeter } from "../recorder/level";
import { draw } from "./draw";
import { ROWS_PER_SECOND, SHOWN_SECONDS } from "./session";
import type { Session } from "./session";

const NUMBER_MS = 200; // a number that changes faster cannot be read

export function Chart({ session, cutoff, moving, whole }: {
    session: Session | null; cutoff: number; moving: boolean; whole: boolean;
}) {
    const canvas = useRef<HTMLCanvasElement>(null), fill = useRef<HTMLDivElement>(null), told = useRef(0);
    const [{ level, mean }, setNow] = useState({ level: 0, mean: 0 });
    useEffect(() => {
        let frame = 0;
        const show = (time: number) => {
            const rows = session?.rows ?? 0, shown = SHOWN_SECONDS * ROWS_PER_SECOND;
            const from = whole ? 0 : rows - shown, to = whole ? Math.max(rows, shown) : rows;
            const { first, means } = session?.curve(Math.max(from, 0), to) ?? { first: 0, means: new Float32Array() };
            const findings = session?.findings ?? [];
            if (canvas.current) draw(canvas.current, { from, to: Math.max(to, from + 1), first, means, cutoff: cutoff / 255, findings });
            fill.current?.style.setProperty("height", `${100 * onMeter(moving && session ? session.level : 0)}%`);
            if (!moving || !session) return;
            frame = requestAnimationFrame(show);
            if (time - told.current < NUMBER_MS) return;
            told.current = time;
            setNow({ level: session.level, mean: session.newest });
        };
        frame = requestAnimationFrame(show);
        const again = () => void (moving || (frame = requestAnimationFrame(show)));
        const watcher = new ResizeObserver(again);
        if (canvas.current) watcher.observe(canvas.current);
        return () => {
            cancelAnimationFrame(frame);
            watcher.disconnect();
        };
    });
    const heard = moving ? level : 0;
    return (
        <div class="live-panel">
            {!whole && <div class="live-level" role="meter" aria-label={t("live.level")} aria-valuemin={0} aria-valuemax={100}
                 aria-valuenow={Math.round(100 * onMeter(heard))} aria-valuetext={t("live.decibels", { n: Math.round(decibels(heard)) })}>
                <div class="live-level-fill" ref={fill} />
            </div>}
            <div class="live-curve">
                <canvas ref={canvas} role="img" aria-label={t("live.curve", { cutoff: formatPercent(cutoff / 255) })} />
                <div class="live-axis small muted number">
                    <span>{whole ? t("live.at", { seconds: formatNumber(0) }) : t("live.ago", { n: SHOWN_SECONDS })}</span>
                    {moving && <span class="live-now">{t("live.now_at", { score: formatPercent(mean), cutoff: formatPercent(cutoff / 255) })}</span>}
                    <span>{whole ? t("live.at", { seconds: formatNumber(Math.max(session?.seconds ?? 0, SHOWN_SECONDS), 1) }) : t("live.now")}</span>
                </div>
            </div>
        </div>
    );
}
