// SPDX-License-Identifier: GPL-3.0-or-later
// Two runs side by side: their figures, both curves, and whether they may be compared at all.
import { useMemo } from "preact/hooks";
import type { Model } from "../api-types";
import { formatDate, t } from "../i18n";
import { Button, Card, Notice } from "../ui";
import { levelsOf, useReports } from "./details";
import { comparable, doubtOfHearing, doubtOfMistakes, headline, heardFrom, presetName } from "./report";
import { Roc } from "./roc";

function Side({ model, index }: { model: Model; index: number }) {
    const level = model.levels.moderately;
    return (
        <div class={`side roc-line-${index}`}>
            <h3>{model.title}</h3>
            <p class="small muted">{[formatDate(model.created_at), presetName(model.preset)].filter(Boolean).join(" · ")}</p>
            {level ? <>
                <p><strong>{headline(level, model)}</strong></p>
                <ul class="facts small"><li>{doubtOfHearing(level)}</li><li>{doubtOfMistakes(level, model)}</li><li>{heardFrom(model)}</li></ul>
            </> : <p>{t("use.caveat_no_report")}</p>}
        </div>
    );
}

export function Compare({ one, other, close }: { one: Model; other: Model; close: () => void }) {
    const { reports, trouble } = useReports(one.run, other.run);
    const lines = useMemo(() => reports?.length === 2 && reports.every(report => report.curve?.length)
        ? [one, other].map((model, index) => ({ name: `${model.title}, ${formatDate(model.created_at)}`,
                                               curve: reports[index]!.curve!, levels: levelsOf(model) }))
        : null, [reports, one, other]);
    const how = reports?.length === 2 ? comparable(reports[0]!, reports[1]!) : "same";
    return (
        <Card title={t("models.comparison")} aside={<Button kind="quiet" icon="close" onClick={close}>{t("models.end_comparison")}</Button>}>
            {trouble && <Notice tone="bad">{trouble}</Notice>}
            {how !== "same" && <Notice tone="warn">{t(how === "other_word" ? "models.other_word" : "models.other_data")}</Notice>}
            <div class="columns"><Side model={one} index={0} /><Side model={other} index={1} /></div>
            {lines && <Roc lines={lines} />}
        </Card>
    );
}
