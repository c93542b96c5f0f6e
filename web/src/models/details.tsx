// SPDX-License-Identifier: GPL-3.0-or-later
// What only a look into the report tells: the curve, the figures of the three sensitivities.
import { useEffect, useMemo, useState } from "preact/hooks";
import { api, sentenceOf } from "../api";
import type { Level, Model } from "../api-types";
import { formatBytes, formatNumber, t } from "../i18n";
import { Notice } from "../ui";
import { levelName } from "./card";
import { SENSITIVITIES, percentPoints } from "./report";
import type { Report } from "./report";
import { Roc } from "./roc";

export const levelsOf = (model: Model): Level[] => SENSITIVITIES.map(name => model.levels[name]).filter(level => level !== undefined);

export type Loaded = { reports: Report[] | null; trouble: string | null };
// The reports of some runs, in their order.
export function useReports(...runs: string[]): Loaded {
    const [loaded, set] = useState<Loaded>({ reports: null, trouble: null });
    const names = runs.join("\n");
    useEffect(() => {
        let current = true;
        Promise.all(runs.map(run => api.model(run)))
            .then(answers => current && set({ reports: answers.map(({ report }) => (report ?? {}) as Report), trouble: null }))
            .catch(error => current && set({ reports: null, trouble: sentenceOf(error) }));
        return () => void (current = false);
    }, [names]);
    return loaded;
}

export function LevelTable({ model }: { model: Model }) {
    return (
        <div class="wide" tabIndex={0} role="region" aria-label={t("models.figures")}>
            <table class="number">
                <thead><tr><th>{t("use.sensitivity")}</th><th>{t("models.recall")}</th><th>{t("models.per_hour")}</th><th>{t("models.cutoff")}</th></tr></thead>
                <tbody>
                    {SENSITIVITIES.map(name => {
                        const level = model.levels[name];
                        return level && (
                            <tr key={name}>
                                <th scope="row">{levelName(name)}</th>
                                <td>{percentPoints(level.recall)}&nbsp;% <Between low={100 * level.recall_interval[0]} high={100 * level.recall_interval[1]} digits={1} /></td>
                                <td>{formatNumber(level.per_hour, 2)} <Between low={level.per_hour_interval[0]} high={level.per_hour_interval[1]} digits={2} /></td>
                                <td>{level.cutoff_byte} × {level.window}</td>
                            </tr>
                        );
                    })}
                </tbody>
            </table>
        </div>
    );
}
function Between({ low, high, digits }: { low: number; high: number | null; digits: number }) {
    return <span class="small muted between">{formatNumber(low, digits)}–{high === null ? "∞" : formatNumber(high, digits)}</span>;
}

export function RunDetails({ model }: { model: Model }) {
    const { reports, trouble } = useReports(model.run);
    const curve = reports?.[0]?.curve;
    const lines = useMemo(() => curve?.length ? [{ name: model.title, curve, levels: levelsOf(model) }] : null, [curve, model]);
    return (
        <div class="stack">
            {trouble && <Notice tone="bad">{trouble}</Notice>}
            {Object.keys(model.levels).length > 0 && <LevelTable model={model} />}
            {lines && <Roc lines={lines} />}
            <p class="small muted">{t("models.about", { run: model.run, size: formatBytes(model.size_bytes), arena: formatBytes(model.arena) })}</p>
        </div>
    );
}
