// SPDX-License-Identifier: GPL-3.0-or-later
// Step 4: how good the model is, trying it out, and taking it to the device.
import { useEffect, useState } from "preact/hooks";
import { api, sentenceOf } from "../api";
import type { Model, Sensitivity } from "../api-types";
import { formatPercent, t } from "../i18n";
import { LiveTest } from "../live/live-test";
import { Downloads, ReportCard, levelName } from "../models/card";
import { SENSITIVITIES, heardOf100, levelsDiffer, mistakes, presetName } from "../models/report";
import { routeOf } from "../router";
import { useAppState } from "../state";
import { Card, CopyButton, Empty, LinkButton, Notice } from "../ui";

function Choice({ model, chosen, choose }: { model: Model; chosen: Sensitivity; choose: (name: Sensitivity) => void }) {
    return (
        <fieldset class="levels">
            <legend class="unseen">{t("use.sensitivity")}</legend>
            {SENSITIVITIES.map(name => {
                const level = model.levels[name];
                return level && (
                    <label key={name} class="level">
                        <input type="radio" name="level" checked={chosen === name} onChange={() => choose(name)} />
                        <span class="level-text">
                            <strong>{levelName(name)}</strong>
                            <span class="small">{t("use.level_heard", { heard: heardOf100(level.recall) })}</span>
                            <span class="small">{mistakes(level, model)}</span>
                            <span class="small muted">{t("use.level_cutoff", { cutoff: formatPercent(level.cutoff_byte / 255, 0), byte: level.cutoff_byte })}</span>
                        </span>
                    </label>
                );
            })}
        </fieldset>
    );
}

const isLoopback = (url: string): boolean => /^https?:\/\/(localhost|127\.|\[::1\])/.test(url);

// The lines for ESPHome at the chosen sensitivity, as the server writes them.
function useYaml(run: string, level: Sensitivity): { yaml: string; trouble: string | null } {
    const [state, set] = useState<{ yaml: string; trouble: string | null }>({ yaml: "", trouble: null });
    useEffect(() => {
        let current = true;
        api.model(run, level).then(({ yaml }) => current && set({ yaml, trouble: null }))
            .catch(error => current && set({ yaml: "", trouble: sentenceOf(error) }));
        return () => void (current = false);
    }, [run, level]);
    return state;
}

function ForEsphome({ model, level }: { model: Model; level: Sensitivity }) {
    const { yaml, trouble } = useYaml(model.run, level);
    return (
        <Card title={t("use.esphome")} tone="accent" aside={<CopyButton kind="main" large text={yaml}>{t("use.copy_yaml")}</CopyButton>}>
            <p>{t("use.esphome_how")}</p>
            {trouble ? <Notice tone="bad">{trouble}</Notice> : <pre class="yaml" tabIndex={0} aria-label={t("use.yaml_label")}>{yaml}</pre>}
            <div class="address">
                <span class="address-label">{t("use.address")}</span>
                <code>{model.json_url}</code>
                <CopyButton text={model.json_url} />
            </div>
            {isLoopback(model.json_url) && <Notice tone="warn">{t("use.only_here")}</Notice>}
            <details>
                <summary>{t("use.same_forever")}</summary>
                <div class="address"><code>{model.run_json_url}</code><CopyButton text={model.run_json_url} /></div>
            </details>
            <Downloads model={model} />
        </Card>
    );
}

// The preset that does more work than the one of this model, as the server lists them.
function useBetterPreset(preset: string): string | null {
    const [better, set] = useState<string | null>(null);
    useEffect(() => {
        let current = true;
        api.presets().then(({ presets }) => {
            const at = presets.findIndex(({ name }) => name === preset);
            if (current) set(at < 0 ? null : presets[at + 1]?.name ?? null);
        }).catch(() => {}); // the advice is left out
        return () => void (current = false);
    }, [preset]);
    return better;
}

function Advice({ model }: { model: Model }) {
    const better = useBetterPreset(model.preset);
    return (
        <Card title={t("use.misses")}>
            <ul class="facts">
                <li>{t("use.try_sensitivity")}</li>
                <li>{t("use.try_voices")} <a href={routeOf("voices", model.id)}>{t("use.to_voices")}</a></li>
                {better && (
                    <li>
                        {t("use.try_standard", { preset: presetName(model.preset), better: presetName(better) })}{" "}
                        <a href={routeOf("train", model.id)}>{t("use.to_train")}</a>
                    </li>
                )}
                <li>{t("use.try_save_miss")}</li>
                <li>{t("use.try_save_alarm")}</li>
                <li>{t("use.try_word")} <a href={routeOf("word", model.id)}>{t("use.to_word")}</a></li>
            </ul>
        </Card>
    );
}

function NoModel({ id }: { id: string | null }) {
    const { training } = useAppState();
    return (
        <Card>
            <Empty icon="info">
                <p>{t(training.running ? "use.still_training" : id ? "use.none_of_word" : "use.none")}</p>
            </Empty>
            <div class="row"><LinkButton kind="main" href={routeOf(id ? "train" : "word", id)}>{t(id ? "use.to_train" : "use.to_word")}</LinkButton></div>
        </Card>
    );
}

function ModelInUse({ model }: { model: Model }) {
    const [chosen, choose] = useState<Sensitivity>("moderately");
    return (
        <>
            <Card title={t("use.report", { title: model.title })}><ReportCard model={model} level={model.levels[chosen]} /></Card>
            {Object.keys(model.levels).length > 0 && (
                <Card title={t("use.sensitivity")}>
                    <p class="muted">{t(levelsDiffer(model) ? "use.sensitivity_how" : "use.sensitivity_equal")}</p>
                    <Choice model={model} chosen={chosen} choose={choose} />
                </Card>
            )}
            <LiveTest model={model} level={chosen} choose={choose} />
            <ForEsphome model={model} level={chosen} />
            <Advice model={model} />
        </>
    );
}

export function Use({ id }: { id: string | null }) {
    const { models } = useAppState();
    const model = models?.find(one => one.published && (id === null || one.id === id));
    return (
        <>
            <h1>{t("use.title")}</h1>
            {models === null ? <p class="muted" role="status">{t("app.loading")}</p>
                : model ? <ModelInUse key={model.run} model={model} /> : <NoModel id={id} />}
        </>
    );
}
