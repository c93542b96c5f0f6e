// SPDX-License-Identifier: GPL-3.0-or-later
// Recordings that exist already: dropped or chosen, files and folders, with a row for each.
import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../../api";
import { t, textOfCode } from "../../i18n";
import { droppedFiles, FileQueue, isSound } from "../../recorder/file-queue";
import { store } from "../../state";
import { createStore, useStore } from "../../store";
import { Badge, Button, Icon, Notice, Progress, announce } from "../../ui";
import { formOf } from "./take-card";

const turn = createStore(0); // grows when the queue changes
const queue = new FileQueue(async file => {
    const form = formOf({ wake_word: store.get().session.safe_word ?? "", source: "drop" });
    form.set("file", file, file.name);
    const { message, item } = await api.uploadSample("personal", form);
    return { message, badges: item.badges };
}, () => {
    turn.change(count => count + 1);
    if (queue.rows.length && !queue.busy) announce(summary());
}, () => t("voices.file_too_large"));

const failures = () => queue.rows.filter(row => row.state === "failed").length;
const summary = () => failures() ? t("voices.files_some", { n: queue.done - failures(), failed: failures() })
    : t("voices.files_done", { n: queue.done });

function Rows() {
    return (
        <ul class="file-rows" tabIndex={0} aria-label={t("voices.files")}>
            {queue.rows.map((row, i) => (
                <li key={i} class="file-row">
                    <span class="file-name">{row.file.name}</span>
                    {row.state === "done" && !row.faults.length && <Badge tone="good">{t("voices.badge_good")}</Badge>}
                    {row.faults.map(code => <Badge key={code} tone="warn">{textOfCode("voices.badge_", code, code)}</Badge>)}
                    {row.state === "failed" && <Badge tone="bad">{t("voices.file_failed")}</Badge>}
                    {row.state === "sending" && <span class="spinner" role="img" aria-label={t("voices.saving")} />}
                    {row.state === "failed" && <span class="file-note small">{row.note}</span>}
                </li>
            ))}
        </ul>
    );
}

export function Files({ locked }: { locked: boolean }) {
    useStore(turn);
    const [over, setOver] = useState(false), [skipped, setSkipped] = useState(0);
    const files = useRef<HTMLInputElement>(null), folder = useRef<HTMLInputElement>(null);
    const take = (all: File[]) => {
        const sounds = all.filter(isSound);
        setSkipped(all.length - sounds.length);
        if (sounds.length) queue.add(sounds);
    };
    useEffect(() => { // anywhere on the page: a file that misses the field must not replace the page
        const hover = (event: DragEvent) => {
            if (!event.dataTransfer?.types.includes("Files")) return;
            event.preventDefault();
            setOver(event.type === "dragover");
        };
        const drop = (event: DragEvent) => {
            hover(event);
            if (event.dataTransfer && !locked) void droppedFiles(event.dataTransfer).then(take, () => {});
        };
        const events = { dragover: hover, dragleave: hover, drop };
        for (const [name, handler] of Object.entries(events)) document.addEventListener(name, handler as EventListener);
        return () => {
            for (const [name, handler] of Object.entries(events)) document.removeEventListener(name, handler as EventListener);
        };
    }, [locked]);
    const chosen = (event: { currentTarget: HTMLInputElement }) => {
        take([...event.currentTarget.files ?? []]);
        event.currentTarget.value = "";
    };
    return (
        <div class="stack">
            <div class={`drop ${over ? "drop-over" : ""}`}>
                <Icon name="upload" />
                <p>{t("voices.drop_here")}</p>
                <div class="row">
                    <Button disabled={locked} onClick={() => files.current?.click()}>{t("voices.choose_files")}</Button>
                    <Button kind="quiet" disabled={locked} onClick={() => folder.current?.click()}>{t("voices.choose_folder")}</Button>
                </div>
                <input ref={files} type="file" multiple hidden accept="audio/*,.wav,.flac,.ogg,.opus,.mp3,.m4a,.aac,.webm" onChange={chosen} />
                <input ref={folder} type="file" multiple hidden {...{ webkitdirectory: true }} onChange={chosen} />
            </div>
            {skipped > 0 && <Notice>{t("voices.files_skipped", { n: skipped })}</Notice>}
            {queue.rows.length > 0 && <>
                {queue.busy ? <Progress value={queue.done / queue.rows.length} label={t("voices.files")} /> : <p class="small">{summary()}</p>}
                <Rows />
                {!queue.busy && failures() > 0 && <div><Button icon="redo" onClick={() => queue.retry()}>{t("app.try_again")}</Button></div>}
            </>}
        </div>
    );
}
