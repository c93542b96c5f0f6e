// SPDX-License-Identifier: GPL-3.0-or-later
// Bringing recordings in: dropped or chosen, files or folders, for the word that is being worked on.
import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../../api";
import { t, textOfCode } from "../../i18n";
import { FileQueue, droppedFiles, isSound } from "../../recorder/file-queue";
import { routeOf } from "../../router";
import { store } from "../../state";
import { createStore, useStore } from "../../store";
import { Badge, Button, Icon, LinkButton, Notice, Progress, announce } from "../../ui";

export type Kind = "personal" | "negative";
const turn = createStore(0); // grows when the queue changes
const kinds = new WeakMap<File, Kind>();

const queue = new FileQueue(async file => {
    const form = new FormData(), word = store.get().session.safe_word;
    if (word) form.set("wake_word", word);
    form.set("source", "upload");
    form.set("file", file, file.name);
    const { message, item } = await api.uploadSample(kinds.get(file) ?? "personal", form);
    return { message, badges: item.bucket === "personal" ? item.badges : [] };
}, () => {
    turn.change(count => count + 1);
    if (queue.rows.length && !queue.busy) announce(summary());
}, () => t("voices.file_too_large"));

const failed = () => queue.rows.filter(row => row.state === "failed").length;
const summary = (): string => failed() ? t("voices.files_some", { n: queue.done - failed(), failed: failed() })
    : t("voices.files_done", { n: queue.done });

function Outcome() {
    const worth = queue.rows.filter(row => row.state === "failed" || row.faults.length);
    return (
        <div class="stack-close">
            {queue.busy ? <Progress value={queue.done / queue.rows.length} label={t("samples.uploading")} />
                : <Notice tone={failed() ? "warn" : "good"} action={failed() > 0 && <Button icon="redo" onClick={() => queue.retry()}>{t("app.try_again")}</Button>}>
                    {summary()}</Notice>}
            {worth.length > 0 && <ul class="upload-rows" tabIndex={0} aria-label={t("samples.upload_outcome")}>
                {worth.map((row, index) => (
                    <li key={index} class="small">
                        <strong>{row.file.name}</strong>
                        {row.faults.map(code => <Badge key={code} tone="warn">{textOfCode("voices.badge_", code, code)}</Badge>)}
                        {row.state === "failed" && <span class="upload-note">{row.note}</span>}
                    </li>
                ))}
            </ul>}
        </div>
    );
}

// A file that is dropped anywhere on the page lands here; none may take the place of the page.
function useDrop(take: (files: File[]) => void, setOver: (over: boolean) => void): void {
    const taken = useRef(take);
    taken.current = take;
    useEffect(() => {
        const hover = (event: DragEvent) => {
            if (!event.dataTransfer?.types.includes("Files")) return;
            event.preventDefault();
            setOver(event.type === "dragover");
        };
        const drop = (event: DragEvent) => {
            hover(event);
            if (event.dataTransfer) droppedFiles(event.dataTransfer).then(files => taken.current(files), () => {});
        };
        const events = [["dragover", hover], ["dragleave", hover], ["drop", drop]] as const;
        for (const [name, handler] of events) document.addEventListener(name, handler);
        return () => events.forEach(([name, handler]) => document.removeEventListener(name, handler));
    }, [setOver]);
}

export function Upload({ word, title, kind }: { word: string | null; title: string; kind: Kind }) {
    useStore(turn);
    const [over, setOver] = useState(false), [skipped, setSkipped] = useState(0);
    const files = useRef<HTMLInputElement>(null), folder = useRef<HTMLInputElement>(null);
    const take = (all: File[]) => {
        const sounds = all.filter(isSound);
        if (!word) return;
        setSkipped(all.length - sounds.length);
        for (const file of sounds) kinds.set(file, kind);
        if (sounds.length) queue.add(sounds);
    };
    useDrop(take, setOver);
    const picked = (event: { currentTarget: HTMLInputElement }) => {
        take([...event.currentTarget.files ?? []]);
        event.currentTarget.value = "";
    };
    if (!word) return (
        <Notice tone="accent" action={<LinkButton href={routeOf("word")}>{t("voices.choose_word")}</LinkButton>}>{t("samples.no_word")}</Notice>
    );
    return (
        <div class="stack-close">
            <div class={`drop drop-flat ${over ? "drop-over" : ""}`}>
                <Icon name="upload" />
                <p>{t(`samples.drop_${kind}`, { word: title })}</p>
                <div class="row">
                    <Button onClick={() => files.current?.click()}>{t("voices.choose_files")}</Button>
                    <Button kind="quiet" onClick={() => folder.current?.click()}>{t("voices.choose_folder")}</Button>
                </div>
                <input ref={files} type="file" multiple hidden accept="audio/*,.wav,.flac,.ogg,.opus,.mp3,.m4a,.aac,.webm" onChange={picked} />
                <input ref={folder} type="file" multiple hidden {...{ webkitdirectory: true }} onChange={picked} />
            </div>
            {skipped > 0 && <Notice>{t("voices.files_skipped", { n: skipped })}</Notice>}
            {queue.rows.length > 0 && <Outcome />}
        </div>
    );
}
