// SPDX-License-Identifier: GPL-3.0-or-later
// The live test of a model: the device chain hears the microphone, or a file, in this page.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Model, Sensitivity as SensitivityName } from "../api-types";
import type { Key } from "../i18n";
import { t } from "../i18n";
import { Button, Card, Notice, classes } from "../ui";
import { Chart } from "./chart";
import { SENSITIVITIES, choiceOfManifest, choicesOf, chosenOf, fileOf } from "./choices";
import { Findings } from "./findings";
import { useListening } from "./listening";
import type { Choice } from "./session";

const nameOf = (name: string): string => SENSITIVITIES.some(each => each === name) ? t(`live.${name}` as Key) : t("live.own");

// Levels come with the model; one that has none (brought from elsewhere) has the cutoff of its manifest.
function useChoices(model: Model): Choice[] | null {
    const levels = useMemo(() => choicesOf(model.levels), [model]);
    const [own, setOwn] = useState<Choice[] | null>(null);
    useEffect(() => {
        if (levels.length > 0) return;
        let wanted = true;
        setOwn(null);
        fetch(fileOf(model, "json")).then(answer => answer.json()).then(choiceOfManifest).catch(() => null)
            .then(choice => wanted && setOwn(choice ? [choice] : []));
        return () => { wanted = false; };
    }, [levels, model]);
    return levels.length > 0 ? levels : own;
}

function Sensitivity({ choices, chosen, choose }: { choices: readonly Choice[]; chosen: Choice; choose: (choice: Choice) => void }) {
    return (
        <div class="row">
            <span id="live-sensitivity" class="small muted">{t("live.sensitivity")}</span>
            <div class="segments" role="group" aria-labelledby="live-sensitivity">
                {choices.map(choice => (
                    <button key={choice.name} type="button" aria-pressed={choice.name === chosen.name} onClick={() => choose(choice)}>
                        {nameOf(choice.name)}
                    </button>
                ))}
            </div>
        </div>
    );
}

function FileButton({ read }: { read: (file: File) => void }) {
    const input = useRef<HTMLInputElement>(null);
    return <>
        <input ref={input} type="file" accept="audio/*,.wav,.flac,.ogg,.mp3,.m4a,.webm" hidden aria-hidden="true" tabIndex={-1}
               onChange={event => {
                   const [file] = event.currentTarget.files ?? [];
                   event.currentTarget.value = ""; // the same file again is a change, too
                   if (file) read(file);
               }} />
        <Button icon="upload" onClick={() => input.current?.click()}>{t("live.choose_file")}</Button>
    </>;
}

// Files may be dropped anywhere on the card.
function useDrop(read: (file: File) => void) {
    const [over, setOver] = useState(false);
    return {
        over,
        handlers: {
            onDragOver: (event: DragEvent) => {
                if (!event.dataTransfer?.types.includes("Files")) return;
                event.preventDefault();
                setOver(true);
            },
            onDragLeave: () => setOver(false),
            onDrop: (event: DragEvent) => {
                event.preventDefault();
                setOver(false);
                const file = event.dataTransfer?.files[0];
                if (file) read(file);
            },
        },
    };
}

interface Chosen {
    level: SensitivityName; // the screen's choice, which this part shows and changes, too
    choose: (level: SensitivityName) => void;
}

function Test({ model, choices, level, choose }: { model: Model; choices: readonly Choice[] } & Chosen) {
    const chosen = chosenOf(choices, level)!;
    const live = useListening(model, choices, chosen);
    const drop = useDrop(live.read);
    const hearing = live.doing === "hearing", findings = live.session?.findings ?? [];
    return (
        <div class={classes("stack live-test", drop.over && "live-over")} {...drop.handlers}>
            <p class="muted">{t("live.lead", { word: model.title })}</p>
            <div class="row row-apart">
                <div class="row">
                    {live.doing === "nothing"
                        ? <Button kind="main" icon="microphone" onClick={live.listen}>{t("live.start")}</Button>
                        : <Button icon="stop" onClick={live.stop}>{t(live.doing === "opening" ? "live.opening" : "live.stop")}</Button>}
                    <FileButton read={live.read} />
                </div>
                {choices.length > 1 && <Sensitivity choices={choices} chosen={chosen} choose={({ name }) => choose(name as SensitivityName)} />}
            </div>
            {live.trouble && <Notice tone="bad">{live.trouble}</Notice>}
            {live.file && <p class="small muted">{t("live.file", { file: live.file })}</p>}
            <Chart session={live.session} cutoff={chosen.cutoff} moving={hearing} whole={live.file !== null} />
            {hearing && <div class="row"><Button onClick={live.missed}>{t("live.missed")}</Button></div>}
            {findings.length > 0 ? <Findings key={model.run} findings={findings} model={model} choiceName={nameOf} />
                : <p class="small muted">{t(live.session && live.file && live.doing === "nothing" ? "live.nothing_found" : "live.nothing_yet")}</p>}
        </div>
    );
}

export function LiveTest({ model, ...chosen }: { model: Model } & Chosen) {
    const choices = useChoices(model);
    return (
        <Card title={t("live.title")}>
            {choices === null ? <p class="muted">{t("app.loading")}</p>
                : choices.length === 0 ? <Notice tone="bad">{t("live.no_manifest")}</Notice>
                : <Test key={model.run} model={model} choices={choices} {...chosen} />}
        </Card>
    );
}
