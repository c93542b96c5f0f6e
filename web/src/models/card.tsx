// SPDX-License-Identifier: GPL-3.0-or-later
// The report card of a model: the sentence, what stands behind it, what it does not tell.
import type { Level, Model, Sensitivity } from "../api-types";
import { t } from "../i18n";
import { LinkButton, Notice } from "../ui";
import { caveatText, doubtOfHearing, doubtOfMistakes, headline, heardFrom, isRough } from "./report";

export function ReportCard({ model, level }: { model: Model; level: Level | undefined }) {
    if (!level) return <Notice tone="warn">{t("use.caveat_no_report")}</Notice>;
    return (
        <div class="report stack">
            <p class="headline">{headline(level, model)}</p>
            <ul class="facts">
                <li>{doubtOfHearing(level)}</li>
                <li>{doubtOfMistakes(level, model)}</li>
                <li>{heardFrom(model)}</li>
            </ul>
            {isRough(level) && <Notice tone="warn">{t("use.rough")}</Notice>}
            {!level.target_met && <Notice tone="warn">{t("use.target_missed")}</Notice>}
            {model.caveats.length > 0 && (
                <details>
                    <summary>{t("use.caveats", { n: model.caveats.length })}</summary>
                    <ul class="facts muted">{model.caveats.map(sentence => <li key={sentence}>{caveatText(sentence)}</li>)}</ul>
                </details>
            )}
        </div>
    );
}

export function Downloads({ model }: { model: Model }) {
    const name = (ending: string) => `/models/${encodeURIComponent(model.run)}/${model.id}${ending}`;
    return (
        <div class="row">
            <LinkButton icon="download" href={`/api/models/${encodeURIComponent(model.run)}/bundle.zip`} download>{t("use.download_all")}</LinkButton>
            <LinkButton kind="quiet" href={name(".tflite")} download={`${model.id}.tflite`}>{t("use.download_model")}</LinkButton>
            <LinkButton kind="quiet" href={name(".json")} download={`${model.id}.json`}>{t("use.download_manifest")}</LinkButton>
            {Object.keys(model.levels).length > 0 && <LinkButton kind="quiet" href={name(".report.html")} apart>{t("use.report_page")}</LinkButton>}
        </div>
    );
}

export const levelName = (name: Sensitivity): string => t(`use.level_${name}`);
